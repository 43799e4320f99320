"""Several datasets of one character as one, each with the share of training it is asked to have."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import gcd

from ..errors import DatasetError
from .dataset import Dataset
from .ratio import MOST_REPEATS, TOLERANCE, effective, is_met, smallest_repeats
from .sample import Sample

_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class Mixed:
    """The mixed dataset. By part: its effective share of training (they sum to 1) and how often its pictures repeat.

    `overlaps` are sentences about pictures that are in two parts.
    """

    dataset: Dataset
    shares: tuple[float, ...]
    repeats: tuple[int, ...]
    sentence: str
    overlaps: tuple[str, ...] = ()


def mix(datasets: Sequence[Dataset], shares: Sequence[float]) -> Mixed:
    """Mix datasets so that pictures × repeats come within ±3 points of `shares`, with the smallest whole repeats.

    Shares are positive numbers in any unit: 60 and 40, or 0.6 and 0.4. What repeats there were keep their proportions
    within a part. Pictures one part holds out, and others of the same originals, are held out in all.
    DatasetError when the datasets are not of one character, or a part has nothing to train on.
    """
    wanted = _checked(datasets, shares)
    parts = _held_out_alike(datasets)
    faults = [f"Dataset {n} has no pictures to train on." for n, part in enumerate(parts, 1) if not part.train]
    if faults:
        raise DatasetError.all_of(faults)
    counts = [sum(_proportions(part)) for part in parts]
    repeats = smallest_repeats(counts, wanted)
    samples = tuple(sample for part, times in zip(parts, repeats, strict=True) for sample in _repeated(part, times))
    left_out = tuple(left for part in parts for left in part.left_out)
    notes = tuple(note for part in parts for note in part.notes)
    return Mixed(
        dataset=replace(parts[0], samples=samples, left_out=left_out, notes=notes),
        shares=effective(counts, repeats),
        repeats=repeats,
        sentence=_sentence(parts, counts, repeats, wanted),
        overlaps=(*_shared(datasets), *_moved(datasets, parts)),
    )


def _checked(datasets: Sequence[Dataset], shares: Sequence[float]) -> list[float]:
    if len(datasets) != len(shares) or not datasets:
        raise DatasetError(f"There are {len(datasets)} datasets and {len(shares)} shares; give one share each.")
    if not all(0 < share < float("inf") for share in shares):
        given = ", ".join(f"{share:g}" for share in shares)
        raise DatasetError(f"The shares are {given}; use numbers above 0.")
    for what, words in (
        ("trigger words", {dataset.trigger for dataset in datasets}),
        ("subjects", {dataset.subject for dataset in datasets}),
    ):
        if len(words) > 1:
            raise DatasetError(f"The datasets have the {what} {', '.join(sorted(words))}; give them all the same one.")
    return [share / sum(shares) for share in shares]


def _held_out_alike(datasets: Sequence[Dataset]) -> list[Dataset]:
    held = {sample.family for dataset in datasets for sample in dataset.held_out}
    return [
        dataset.with_samples(tuple(replace(s, split="held_out") if s.family in held else s for s in dataset.samples))
        for dataset in datasets
    ]


def _proportions(dataset: Dataset) -> list[int]:
    repeats = [sample.repeats for sample in dataset.train]
    return [times // gcd(*repeats) for times in repeats]


def _repeated(dataset: Dataset, times: int) -> list[Sample]:
    common = gcd(*(sample.repeats for sample in dataset.train))
    return [
        replace(sample, repeats=sample.repeats // common * times if sample.split == "train" else 1)
        for sample in dataset.samples
    ]


def _sentence(parts: Sequence[Dataset], counts: Sequence[int], repeats: Sequence[int], wanted: Sequence[float]) -> str:
    rows = [
        f"{len(part.train)} pictures × {times} = {share:.1%}"
        for part, times, share in zip(parts, repeats, effective(counts, repeats), strict=True)
    ]
    asked = " / ".join(f"{share:.0%}" for share in wanted)
    text = f"{', '.join(rows)} of training; {asked} was asked for."
    if is_met(counts, repeats, wanted):
        return text
    scarce = max(range(len(counts)), key=lambda part: wanted[part] / counts[part]) + 1
    return f"{text} No repeats up to {MOST_REPEATS} come within {TOLERANCE:.0%}; add pictures to dataset {scarce}."


def _shared(datasets: Sequence[Dataset]) -> list[str]:
    seen: dict[str, tuple[int, str]] = {}
    sentences: list[str] = []
    for part, dataset in enumerate(datasets, 1):
        for sample in dataset.samples:
            first, name = seen.setdefault(sample.sha256, (part, sample.path.name))
            if first != part:
                sentences.append(
                    f"{sample.path.name} of dataset {part} is {name} of dataset {first} again; leave one of them out."
                )
    return sentences


def _moved(datasets: Sequence[Dataset], parts: Sequence[Dataset]) -> list[str]:
    moved = [
        before.path.name
        for dataset, part in zip(datasets, parts, strict=True)
        for before, after in zip(dataset.samples, part.samples, strict=True)
        if before.split != after.split
    ]
    if not moved:
        return []
    names = ", ".join(moved[:_NAMED]) + (f" and {len(moved) - _NAMED} more" if len(moved) > _NAMED else "")
    return [f"{names} held out too: another dataset holds out a picture of the same original."]
