"""Captions a whole dataset: nothing is said twice, what a hand wrote stays, and one bad picture stops none."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..dataset.dataset import Dataset, LeftOut
from ..dataset.sample import Sample
from ..dataset.sample_pixels import open_sample
from ..errors import Cancelled, DatasetError, LikenessError
from ..runtime.work import never
from .captioners.apply_caption import clean, fault_of_caption, with_caption, with_words, without_caption
from .captioners.captioner import Captioner, RawCaption
from .captioners.store import CaptionStore

Progress = Callable[[int, int, Sample], None]
"""Called after each picture: how many are done, of how many, and the sample as it is now."""


@dataclass(frozen=True, kw_only=True)
class CaptionPlan:
    """Places in the dataset: `kept` as a hand wrote them, `known` from the store, `new` for the captioner."""

    kept: tuple[int, ...]
    known: tuple[int, ...]
    new: tuple[int, ...]

    @property
    def rewritten(self) -> int:
        return len(self.known) + len(self.new)


@dataclass(frozen=True, kw_only=True)
class Captioned:
    """The dataset with its captions, how they came about, and the pictures that got none and why."""

    dataset: Dataset
    plan: CaptionPlan
    failed: tuple[LeftOut, ...] = ()


@dataclass(frozen=True)
class _Fault:
    why: str


def plan_captions(
    dataset: Dataset, captioner: Captioner, store: CaptionStore, *, keep_hand: bool = True
) -> CaptionPlan:
    """What `caption_dataset` would do, for a word beforehand: "rewrite 23, keep your 5"."""
    kept: list[int] = []
    known: list[int] = []
    new: list[int] = []
    for place, sample in enumerate(dataset.samples):
        if keep_hand and sample.author == "hand":
            kept.append(place)
        else:
            (new if store.get(sample.sha256, captioner.key) is None else known).append(place)
    return CaptionPlan(kept=tuple(kept), known=tuple(known), new=tuple(new))


def caption_dataset(
    dataset: Dataset,
    captioner: Captioner,
    store: CaptionStore,
    *,
    keep_hand: bool = True,
    progress: Progress = lambda done, total, sample: None,
    cancelled: Callable[[], bool] = never,
) -> Captioned:
    """Caption every picture but those with captions by hand; a picture that gets none keeps what it had and is named.

    Everything said is in the store at once: after Cancelled, or any other end, the same call goes on from there.
    Raises DatasetError when not one picture could be captioned.
    """
    plan = plan_captions(dataset, captioner, store, keep_hand=keep_hand)
    samples = [_remembered(sample, captioner, store) for sample in dataset.samples]
    failed: list[LeftOut] = []
    for done, (place, answer) in enumerate(_answers(dataset, plan, captioner, store), 1):
        samples[place], why = _taken(samples[place], answer, captioner)
        failed += [LeftOut(name=samples[place].path.name, why=why)] if why else []
        progress(done, plan.rewritten, samples[place])
        if done < plan.rewritten and cancelled():
            raise Cancelled(
                f"Stopped after {done} of {plan.rewritten} captions; they are kept, run again for the rest."
            )
    if failed and len(failed) == len(samples):
        raise DatasetError(f"{captioner.name} captioned none of {len(failed)} pictures; the first: {failed[0].why}.")
    return Captioned(dataset=dataset.with_samples(tuple(samples)), plan=plan, failed=tuple(failed))


def _answers(
    dataset: Dataset, plan: CaptionPlan, captioner: Captioner, store: CaptionStore
) -> Iterator[tuple[int, RawCaption | _Fault]]:
    for place in plan.known:
        said = store.get(dataset.samples[place].sha256, captioner.key)
        yield place, said or _Fault("what it said before cannot be read any more")
    size = max(captioner.batch, 1)
    for start in range(0, len(plan.new), size):
        places = plan.new[start : start + size]
        answers = _asked(captioner, [dataset.samples[place] for place in places])
        for place, answer in zip(places, answers, strict=True):
            if isinstance(answer, RawCaption) and fault_of_caption(answer) is None:
                store.put(dataset.samples[place].sha256, captioner.key, answer)
        yield from zip(places, answers, strict=True)


def _asked(captioner: Captioner, samples: Sequence[Sample]) -> list[RawCaption | _Fault]:
    """One answer a sample. When several fail together, each is asked for alone to find the one to blame."""
    try:
        said = captioner.caption([open_sample(sample) for sample in samples])
        if len(said) != len(samples):
            raise ValueError(f"it gave {len(said)} captions for {len(samples)} pictures")
        return [clean(one) for one in said]
    except DatasetError as fault:
        why = str(fault)
    except LikenessError:
        raise
    except Exception as fault:  # whatever a model or another pack may raise
        why = f"{type(fault).__name__}: {fault}"
    if len(samples) > 1:
        return [answer for sample in samples for answer in _asked(captioner, [sample])]
    return [_Fault(why.rstrip("."))]


def _remembered(sample: Sample, captioner: Captioner, store: CaptionStore) -> Sample:
    """A picture captioned by hand still knows what was said of it before, so that the set's shares stay the same."""
    said = store.get(sample.sha256, captioner.key) if sample.author == "hand" else None
    return sample if said is None else with_words(sample, said, captioner.author)


def _taken(sample: Sample, answer: RawCaption | _Fault, captioner: Captioner) -> tuple[Sample, str | None]:
    why = answer.why if isinstance(answer, _Fault) else fault_of_caption(answer)
    if why is not None:
        return without_caption(sample, captioner.name, why), why
    assert isinstance(answer, RawCaption)
    return with_caption(sample, answer, captioner.author), None
