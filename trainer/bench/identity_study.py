"""What `bench identity` finds in the arms: each one's measures, and by how much one exceeds another.

Values of a picture are averaged over training seeds first, so that an interval tells of other prompts, seeds of noise
and characters, and none is narrowed by a picture counted three times.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..images.picture_file import write_picture
from ..scoring.intervals import Interval, Key, interval, paired
from . import Sink
from .identity_arms import ADAPTER, ARMS, FULL, GUIDE, HARD, LORA, MEASURES, Column, Table, columns, study_plan
from .identity_strip import strip

_APART = 1000
"""Between the probes of two characters."""
_PARTS = ("all", "hard")
PAIRS = ((GUIDE, LORA), (GUIDE, ADAPTER), (FULL, LORA), (GUIDE, FULL))


def study(out: Path, characters: Sequence[int], sink: Sink) -> dict[str, Any]:
    """Over all pictures and over the hard ones: every arm's measures, and the pairs' differences, paired by picture.

    `strip.png` in `out` shows some of them.
    """
    found = {number: list(columns(out / str(number), number, sink)) for number in characters}
    write_picture(out / "strip.png", strip(found[characters[0]]))
    return told(found)


def told(by_character: Mapping[int, Sequence[Column]]) -> dict[str, Any]:
    tables = {arm: _joined(by_character, arm) for arm in ARMS}
    every = [column for each in by_character.values() for column in each]
    return {
        "pictures": {part: len(_part(tables[LORA], part)["identity"]) for part in _PARTS},
        "arms": {
            arm: {
                **{part: _means(_part(table, part)) for part in _PARTS},
                "variety": _mean_of([each.variety for each in every if each.arm == arm]),
                **_by_run([each.table["identity"] for each in every if each.arm == arm]),
            }
            for arm, table in tables.items()
        },
        "differences": {
            f"{one} - {other}": {part: _gaps(_part(tables[one], part), _part(tables[other], part)) for part in _PARTS}
            for one, other in PAIRS
        },
    }


def _by_run(runs: Sequence[Mapping[Key, float]]) -> dict[str, Any]:
    """The mean of each training, and where the worst tenth of all their pictures ends."""
    every = [value for run in runs for value in run.values()]
    return {
        "identity_by_run": [round(float(np.mean(list(run.values()))), 3) for run in runs],
        "identity_tenth": round(float(np.percentile(every, 10)), 3),
    }


def _joined(by_character: Mapping[int, Sequence[Column]], arm: str) -> Table:
    """An arm's values, averaged over its training seeds."""
    joined: dict[str, dict[Key, float]] = {measure: {} for measure in MEASURES}
    for number, found in by_character.items():
        tables = [column.table for column in found if column.arm == arm]
        for measure, values in joined.items():
            for probe, seed in {key: None for table in tables for key in table[measure]}:
                known = [table[measure][probe, seed] for table in tables if (probe, seed) in table[measure]]
                values[number * _APART + probe, seed] = float(np.mean(known))
    return joined


def _part(table: Table, part: str) -> Table:
    first = len(study_plan("trigger").probes) - HARD if part == "hard" else 0
    return {
        measure: {key: value for key, value in values.items() if key[0] % _APART >= first}
        for measure, values in table.items()
    }


def _means(table: Table) -> dict[str, Any]:
    return {measure: _rounded(interval(table[measure].values())) for measure in MEASURES}


def _gaps(one: Table, other: Table) -> dict[str, Any]:
    return {measure: _rounded(paired(one[measure], other[measure])) for measure in MEASURES}


def _mean_of(found: Sequence[Interval | None]) -> list[float] | None:
    known = [each for each in found if each is not None]
    if not known:
        return None
    return [round(float(np.mean([getattr(each, part) for each in known])), 3) for part in ("value", "low", "high")]


def _rounded(found: Interval | None) -> list[float] | None:
    """Mean, and its interval's ends."""
    return None if found is None else [round(part, 3) for part in (found.value, found.low, found.high)]
