"""Everything a run needs before its first step: prior pictures, latents and text in memory, encoders gone."""

import logging
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..dataset.dataset import Dataset
from ..dataset.pixels import load_rgb, pixel_sha256
from ..dataset.sample import Sample
from ..errors import Cancelled, DatasetError
from ..families.base import Base, Batch, Family, Placement
from ..recipe.recipe import Recipe
from .buckets import placement, scales_up
from .cache import Cache
from .events import Prepared
from .prior import PriorPicture, draw_missing, prior_pictures
from .run import RunFolder

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Item:
    """One picture ready to train on."""

    name: str
    latents: Tensor
    text: Mapping[str, Tensor]
    placement: Placement
    mask: Tensor | None = None
    """Coverage 0 to 1 of each latent, (1, h, w); None: all of it counts."""
    weight: float = 1.0
    repeats: int = 1


@dataclass(frozen=True, kw_only=True)
class Materials:
    """The character's items, the held-out ones, the base's own, and the text that stands for no caption."""

    train: tuple[Item, ...]
    held_out: tuple[Item, ...]
    prior: tuple[Item, ...]
    empty: Mapping[str, Tensor]


@dataclass(frozen=True)
class _Source:
    """A picture still to encode, where it goes, what is said of it, and its weight in the loss."""

    sample: Sample
    placement: Placement
    caption: str
    weight: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """What `prepare` works from."""

    recipe: Recipe
    dataset: Dataset
    base: Base
    run: RunFolder
    family: Family
    prompts: Sequence[str]
    """Sample prompts, encoded while the text encoders are there."""
    cancelled: Callable[[], bool]


def prepare(work: Preparation) -> Generator[Prepared, None, Materials]:
    """Draw and encode what is not on disk yet. Raises Cancelled between pictures, DatasetError for bad ones."""
    train, held_out = _sources(work, work.dataset.train), _sources(work, work.dataset.held_out)
    if not train:
        raise DatasetError("The dataset has no training pictures. Add some, or move some out of the held-out part.")
    _warn_without_masks(work)
    prior = yield from _prior(work, [source.placement for source in train])
    sources = [*train, *held_out, *prior]
    cache = Cache(work.run.cache, work.family, work.base.sha256)
    items: list[Item] = []
    texts: dict[str, Mapping[str, Tensor]] = {}
    for done, source in enumerate(sources):
        yield _progress(work, "encoding pictures", done, len(sources))
        with work.run.writing():
            if source.caption not in texts:
                texts[source.caption] = cache.text(source.caption)
            latents = cache.latents(source.sample, source.placement)
            mask = _mask(work, cache, source, latents)
        items.append(_item(source, latents, texts[source.caption], mask))
    with work.run.writing():
        empty = cache.text("")
    for prompt in work.prompts:
        work.family.encode_text(prompt)
    work.family.free_encoders()
    yield _progress(work, "encoding pictures", len(sources), len(sources))
    first, last = len(train), len(train) + len(held_out)
    return Materials(
        train=tuple(items[:first]), held_out=tuple(items[first:last]), prior=tuple(items[last:]), empty=empty
    )


def as_batch(items: Sequence[Item], texts: Sequence[Mapping[str, Tensor]]) -> Batch:
    """Items of one bucket as one forward pass needs them, each with its text or that of no caption."""
    text = {name: torch.cat([one[name] for one in texts]) for name in texts[0]}
    weight = torch.tensor([item.weight for item in items])
    latents = torch.stack([item.latents for item in items])
    return Batch(latents, text, [item.placement for item in items], weight, _stacked_masks(items))


def _stacked_masks(items: Sequence[Item]) -> Tensor | None:
    if all(item.mask is None for item in items):
        return None
    whole = torch.ones((1, *items[0].latents.shape[-2:]))
    return torch.stack([whole if item.mask is None else item.mask for item in items])


def _mask(work: Preparation, cache: Cache, source: _Source, latents: Tensor) -> Tensor | None:
    """Coverage of a training picture that has a mask; the held-out loss is plain and needs none."""
    sample = source.sample
    if not (work.recipe.loss.masked and sample.masked and sample.split == "train"):
        return None
    height, width = latents.shape[-2:]
    return cache.mask(sample, source.placement, (height, width))


def _warn_without_masks(work: Preparation) -> None:
    if work.recipe.loss.masked and not any(sample.masked for sample in work.dataset.train):
        _log.warning("The loss is masked, but no picture has a mask. Load the dataset with its transparency as mask.")


def _sources(work: Preparation, samples: Sequence[Sample]) -> list[_Source]:
    fallback = f"{work.dataset.trigger}, {work.dataset.subject}"
    sources = [_Source(s, placement((s.width, s.height), work.recipe.buckets), s.caption or fallback) for s in samples]
    small = [source.sample.path.name for source in sources if scales_up(source.placement)]
    if small:
        _log.warning("Scaled up to fit their bucket, use larger originals if there are: %s.", ", ".join(small))
    return sources


def _prior(work: Preparation, places: Sequence[Placement]) -> Generator[Prepared, None, list[_Source]]:
    count = work.recipe.prior.images
    pictures = prior_pictures(count, work.recipe.seed, work.dataset, places, work.run.prior, work.base.sha256)
    with work.run.writing():
        for done in draw_missing(pictures, work.family):
            yield _progress(work, "drawing prior pictures", done, count)
    return [_prior_source(picture, work.recipe) for picture in pictures]


def _prior_source(picture: PriorPicture, recipe: Recipe) -> _Source:
    size = picture.shot.width, picture.shot.height
    sample = Sample(path=picture.path, sha256=pixel_sha256(load_rgb(picture.path)), width=size[0], height=size[1])
    return _Source(sample, placement(size, recipe.buckets), picture.shot.prompt, recipe.prior.weight)


def _item(source: _Source, latents: Tensor, text: Mapping[str, Tensor], mask: Tensor | None) -> Item:
    return Item(
        name=source.sample.path.name,
        latents=latents,
        text=text,
        placement=source.placement,
        mask=mask,
        weight=source.weight,
        repeats=source.sample.repeats,
    )


def _progress(work: Preparation, what: str, done: int, total: int) -> Prepared:
    if work.cancelled():
        raise Cancelled("Stopped while getting ready; what was encoded so far is kept.")
    return Prepared(what=what, done=done, total=total)
