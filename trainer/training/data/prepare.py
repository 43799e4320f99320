"""Everything a run needs before its first step: prior pictures, latents and text in the cache, encoders gone."""

import logging
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from ...dataset.dataset import Dataset
from ...dataset.placed_sample import PlacedSample, place_once, place_samples
from ...dataset.sample import Sample
from ...errors import Cancelled, DatasetError
from ...families.base import Base
from ...families.family import Family
from ...generate.sampler import Sampler
from ...lora.assistant import drawn_with_assistant
from ...recipe.recipe import Recipe
from ..run.events import Prepared
from ..run.folder import RunFolder
from .cache import Cache
from .prior import draw_prior, prior_shots, without_trigger
from .training_set import Example, TrainingSet

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """What `prepare` works from."""

    recipe: Recipe
    dataset: Dataset
    base: Base
    run: RunFolder
    family: Family
    regularisation: Dataset | None
    prompts: Sequence[str]
    """Sample prompts, encoded while the text encoders are there."""
    cancelled: Callable[[], bool]


def prepare(work: Preparation) -> Generator[Prepared, None, TrainingSet]:
    """Draw and encode what is not on disk yet. Raises Cancelled between pictures, DatasetError for bad ones."""
    recipe = work.recipe
    train = _examples(work, place_samples(work.dataset.train, recipe.buckets), is_masked=recipe.loss.masked)
    # The held-out loss is plain and needs no masks, and one size tells as much as several.
    held_out = _examples(work, place_once(work.dataset.held_out, recipe.buckets), is_masked=False)
    if not train:
        raise DatasetError("The dataset has no training pictures. Add some, or move some out of the held-out part.")
    _warn_without_masks(work)
    drawn = yield from drawn_prior(work)
    prior = [*_regularisation(work), *drawn]
    folder = work.run.cache if recipe.memory.cache == "disk" else None
    cache = Cache(folder, work.family, work.base.sha256)
    training_set = TrainingSet(train=tuple(train), held_out=tuple(held_out), prior=tuple(prior), cache=cache)
    yield from _encode(work, training_set)
    return training_set


def _encode(work: Preparation, training_set: TrainingSet) -> Generator[Prepared]:
    """Latents of all pictures; text of all captions, unless it is to be made anew each time they are shown."""
    text = work.recipe.text
    is_cached = not (text.encoder_lr or text.changes_captions)
    examples = [*training_set.train, *training_set.held_out, *training_set.prior]
    for done, example in enumerate(examples):
        yield _progress(work, "encoding pictures", done, len(examples))
        with work.run.writing():
            training_set.warm(example)
            if is_cached:
                for caption in _captions(example, work.recipe):
                    training_set.cache.condition(caption)
    if is_cached:
        with work.run.writing():
            training_set.cache.condition("")
    for prompt in work.prompts:
        work.family.encode_text(prompt)
    work.family.free_encoders(keep_text=not is_cached)
    yield _progress(work, "encoding pictures", len(examples), len(examples))


def _captions(example: Example, recipe: Recipe) -> tuple[str, ...]:
    said = (example.caption, *example.alternatives)
    return (*said, example.class_caption) if recipe.prior.output_weight else said


def _examples(work: Preparation, all_placed: Sequence[PlacedSample], *, is_masked: bool) -> list[Example]:
    fallback = f"{work.dataset.trigger}, {work.dataset.subject}"
    examples = [
        Example(
            placed=placed,
            caption=placed.sample.caption or fallback,
            class_caption=without_trigger(placed.sample.caption or fallback, work.dataset),
            alternatives=placed.sample.alternatives,
            is_masked=is_masked and placed.sample.masked,
        )
        for placed in all_placed
    ]
    small = dict.fromkeys(example.name for example in examples if example.placement.scales_up)
    if small:
        _log.warning("Scaled up to fit their bucket, use larger originals if there are: %s.", ", ".join(small))
    return examples


def _warn_without_masks(work: Preparation) -> None:
    if work.recipe.loss.masked and not any(sample.masked for sample in work.dataset.train):
        _log.warning("The loss is masked, but no picture has a mask. Load the dataset with its transparency as mask.")


def drawn_prior(work: Preparation) -> Generator[Prepared, None, list[Example]]:
    """Pictures of anybody that the base makes itself, those that are not on disk yet. Raises as `prepare` does."""
    count = work.recipe.prior.images
    if not count:
        return []
    places = [one.placement for one in place_once(work.dataset.train, work.recipe.buckets)]
    shots = prior_shots(count, work.recipe.seed, work.dataset, places, work.family.spec)
    examples: dict[int, Example] = {}
    with work.run.writing(), drawn_with_assistant(work.family, work.base, work.recipe.flow):
        sampler = Sampler(work.family, cancelled=work.cancelled)
        for path, picture in draw_prior(shots, sampler, work.run.prior, work.base.sha256):
            shot, kept = picture.request.shot, picture.kept
            sample = Sample(path=path, sha256=kept.sha256, width=kept.width, height=kept.height)
            examples[picture.request.what] = _prior_example(sample, shot.prompt, work.recipe)
            if picture.is_new:
                yield _progress(work, "drawing prior pictures", len(examples), count)
    return [examples[number] for number in range(count)]


def _regularisation(work: Preparation) -> list[Example]:
    """The user's own pictures of anybody, the class word standing for a missing caption."""
    if work.regularisation is None:
        return []
    subject = work.dataset.subject
    return [_prior_example(sample, sample.caption or subject, work.recipe) for sample in work.regularisation.train]


def _prior_example(sample: Sample, caption: str, recipe: Recipe) -> Example:
    (placed,) = place_once([sample], recipe.buckets)
    return Example(placed=placed, caption=caption, class_caption=caption, weight=recipe.prior.weight)


def _progress(work: Preparation, what: str, done: int, total: int) -> Prepared:
    if work.cancelled():
        raise Cancelled("Stopped while getting ready; what was encoded so far is kept. Run again to go on from there.")
    return Prepared(what=what, done=done, total=total)
