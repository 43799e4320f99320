"""Chooses pictures one after the other, each time the one that shows most of what is still scarce."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..coverage.coverage import Coverage, cover
from .fit import Candidate

WEIGHTS = {"angle": 3.0, "expression": 2.0, "background": 1.5, "outfit": 1.5, "lighting": 1.0, "framing": 1.0}
_TELLING = ("angle", "expression", "background")
_QUALITY = 1.5
"""What the largest, sharpest, likest face is worth beside them: as much as a new background."""


@dataclass(frozen=True)
class Choice:
    """The chosen in order of choice, and the others with the sentence that says why not."""

    chosen: list[Candidate]
    others: list[tuple[Candidate, str]]


def balanced(candidates: Sequence[Candidate], count: int, expressions: Sequence[str]) -> Choice:
    """Choose `count`. A bucket that holds n pictures already is worth 1 / (1 + n) of its axis' weight."""
    coverage = cover([row for one in candidates if (row := one.seen.row) is not None], expressions)
    shows = {one.index: coverage.bucket_of(one.sample.sha256) for one in candidates}
    merit = _merits(candidates)
    held: Counter[tuple[str, str]] = Counter()
    chosen: list[Candidate] = []
    for pool in _pools(candidates):
        left = list(pool)
        while left and len(chosen) < count:
            best = max(left, key=lambda one: (_gain(shows[one.index], held, coverage) + merit[one.index], -one.index))
            left.remove(best)
            chosen.append(best)
            held.update(shows[best.index].items())
    taken = {one.index for one in chosen}
    others = [(one, _why(one, shows[one.index])) for one in candidates if one.index not in taken]
    return Choice(chosen, others)


def _pools(candidates: Sequence[Candidate]) -> list[list[Candidate]]:
    """Pictures with a face first; those without fill up what is left."""
    return [
        [one for one in candidates if one.sample.face is not None],
        [one for one in candidates if one.sample.face is None],
    ]


def _gain(shows: Mapping[str, str], held: Counter[tuple[str, str]], coverage: Coverage) -> float:
    """An axis that could not be measured counts like an average bucket of it: not knowing is no merit and no fault."""
    gain = 0.0
    for axis, weight in WEIGHTS.items():
        buckets = coverage.axes[axis].buckets
        if axis in shows:
            gain += weight / (1 + held[axis, shows[axis]])
        elif buckets:
            gain += weight / (1 + sum(held[axis, bucket] for bucket in buckets) / len(buckets))
    return gain


def _merits(candidates: Sequence[Candidate]) -> dict[int, float]:
    """Mean rank (0..1) in face size, focus and likeness, times its weight; what is not measured ranks in the middle."""
    columns = [
        _ranks([one.face_height or None for one in candidates]),
        _ranks([one.focus or None for one in candidates]),
        _ranks([one.sample.likeness.value if one.sample.likeness else None for one in candidates]),
    ]
    return {one.index: _QUALITY * sum(ranks) / len(columns) for one, *ranks in zip(candidates, *columns, strict=True)}


def _ranks(values: Sequence[float | None]) -> list[float]:
    known = sorted({value for value in values if value is not None})
    place = {value: index / max(1, len(known) - 1) for index, value in enumerate(known)}
    return [0.5 if value is None else place[value] for value in values]


def _why(one: Candidate, shows: Mapping[str, str]) -> str:
    if one.sample.face is None:
        return "It shows no face, and enough pictures do."
    words = ", ".join(
        f"{axis} {bucket}" for axis, bucket in shows.items() if axis in ("angle", "expression", "background")
    )
    return f"The picked ones show the same better: {words}." if words else "The picked ones show more."
