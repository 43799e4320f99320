"""How good a checkpoint really is, by the drawing program's own parameters: the judge of whoever chooses."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..demo.characters.character import balanced_looks, character
from ..demo.world.identity import Identity, random_identity
from ..demo.world.look import VALUES, Look
from ..scoring.intervals import DRAWS, TAILS, Interval, Key
from ..scoring.plan.compare_plan import WITH_TRIGGER, ComparePlan, Kind
from ..scoring.reading.observation import PictureScore
from ..scoring.report.report import Report
from ..scoring.scores import Scores
from ..storage.atomic import write_atomically
from .redraw import Shown, shown

_VERSION = 2
_START = Look(
    background="gray",
    scene="studio",
    garment="shirt",
    garment_color="red",
    expression="neutral",
    turn="front",
    style="flat",
)
_NOBODY = Identity(skin=1, hair_color=1, hair_style=1, eye_color=0, mark=0, width=0.0, jaw=0.0, eye_size=0.0)
"""Where the search for a person begins whom no prompt describes."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One picture by its parameters: `likeness` is the cosine of the person it shows to the character, from -1 to 1,
    `asked` whether it shows all that its prompt asks (None: it asks for nothing)."""

    key: Key
    kind: Kind
    likeness: float
    asked: bool | None


@dataclass(frozen=True, kw_only=True)
class Truth:
    """A column's pictures as they really are."""

    label: str
    seen: tuple[Seen, ...]

    def likeness(self) -> float:
        """Mean over pictures that name the trigger."""
        return _mean([each.likeness for each in self.seen if each.kind in WITH_TRIGGER])

    def asked(self) -> float:
        """Part of the prompts that name the trigger in a context and are drawn as asked in every slot."""
        return _mean([float(each.asked) for each in self.seen if each.kind == "prompt" and each.asked is not None])

    def strange(self) -> float:
        """Mean likeness where the trigger is not named."""
        return _mean([each.likeness for each in self.seen if each.kind not in WITH_TRIGGER])


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Merit of every checkpoint by label, the best one, and by how much each is worse than it."""

    merits: Mapping[str, float]
    best: str
    lags: Mapping[str, Interval]

    def agrees(self, label: str) -> bool:
        """Whether a checkpoint is the best or cannot be told from it."""
        return label == self.best or self.lags[label].low <= 0


def looks_of(plan: ComparePlan) -> list[tuple[Look | None, Identity | None]]:
    """What each probe of the demo's plan asks to see: the look, and the other person it describes."""
    looks: list[Look | None] = []
    for probe in plan.probes:
        asked = dict(probe.asked)
        if not asked:
            looks.append(None)
            continue
        color, garment = asked.pop("clothing").split(" ", 1)
        looks.append(Look(**asked, garment=garment, garment_color=color))
    others = _others(sum(probe.kind == "other" for probe in plan.probes))
    return [
        (look, others.pop(0) if probe.kind == "other" else None) for probe, look in zip(plan.probes, looks, strict=True)
    ]


def _others(count: int) -> list[Identity]:
    """The people whom `demo_plan` describes, drawn as it draws them."""
    rng = np.random.default_rng(5)
    for looks in (24, 8, 8):
        balanced_looks(looks, rng)
    return [random_identity(rng) for _ in range(count)]


def rank(control: Truth, columns: Sequence[Truth]) -> Ranking:
    """Columns by merit: the harmonic mean of likeness (0 the control's, 1 the character) and of doing as asked, which
    is what prompts ask and that nobody else becomes the character. Intervals are paired by prompt and seed."""
    draws = np.stack([_merits(control, column) for column in columns])
    best = int(np.argmax(draws[:, 0]))
    labels = [column.label for column in columns]
    lags = {label: _lag(draws[best], draws[n]) for n, label in enumerate(labels)}
    return Ranking(merits=dict(zip(labels, draws[:, 0].tolist(), strict=True)), best=labels[best], lags=lags)


def better(control: Truth, now: Truth, before: Truth) -> Interval:
    """By how much merit one checkpoint exceeds another that was asked the same."""
    return _lag(_merits(control, now), _merits(control, before))


def _lag(one: np.ndarray, other: np.ndarray) -> Interval:
    gaps = one - other
    low, high = np.percentile(gaps[1:], TAILS)
    return Interval(float(gaps[0]), float(low), float(high), DRAWS)


def _merits(control: Truth, column: Truth) -> np.ndarray:
    """Merit over all pictures, then over each resample, (1 + DRAWS,)."""
    base = control.likeness()
    named = [each for each in column.seen if each.kind in WITH_TRIGGER]
    asked = [each for each in column.seen if each.kind == "prompt"]
    before = {each.key: each.likeness for each in control.seen}
    leaks = [max(0.0, s.likeness - before[s.key]) for s in column.seen if s.kind not in WITH_TRIGGER]
    likeness = np.clip((_resampled([each.likeness for each in named]) - base) / (1 - base), 0, 1)
    does = (_resampled([float(each.asked or False) for each in asked]) + 1 - np.clip(_resampled(leaks), 0, 1)) / 2
    return 2 * likeness * does / np.maximum(likeness + does, 1e-9)


def _resampled(values: Sequence[float]) -> np.ndarray:
    table = np.asarray(values, np.float64)
    rows = np.random.default_rng([0, len(table)]).integers(len(table), size=(DRAWS, len(table)))
    return np.concatenate([[table.mean()], table[rows].mean(axis=1)])


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def truth_of(report: Report, folder: Path, number: int) -> tuple[Truth, list[Truth]]:
    """The control and every checkpoint of a comparison in `folder` of demo character `number`.

    What each picture shows is kept beside the pictures, so that it is looked for once.
    """
    kept = _Kept(folder / "truth.json")
    control, *columns = [
        _column(scores, report.plan, folder, character(number), kept)
        for scores in (report.control, *report.checkpoints)
    ]
    kept.write()
    return control, columns


def _column(scores: Scores, plan: ComparePlan, folder: Path, whom: Identity, kept: "_Kept") -> Truth:
    wanted = looks_of(plan)
    seen: list[Seen] = []
    for picture in scores.pictures:
        look, other = wanted[picture.probe]
        start = other or (whom if picture.triggered else _NOBODY)
        found = kept.find(picture.path, folder, start, look or _START)
        seen.append(_held_against(found, picture, look, whom))
    return Truth(label=scores.label, seen=tuple(seen))


def _held_against(found: Shown, picture: PictureScore, look: Look | None, whom: Identity) -> Seen:
    hits = [getattr(found.look, slot) == getattr(look, slot) for slot in VALUES] if look else []
    return Seen(
        key=picture.key,
        kind=picture.kind,
        likeness=float(found.identity.vector() @ whom.vector()),
        asked=all(hits) if hits else None,
    )


class _Kept:
    """What pictures show, by their paths, in one file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        rows: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        self._rows: dict[str, Any] = rows if rows.get("version") == _VERSION else {"version": _VERSION}

    def find(self, picture: str, folder: Path, identity: Identity, look: Look) -> Shown:
        if picture not in self._rows:
            self._rows[picture] = shown(Image.open(folder / picture), identity, look).to_json()
        return Shown.from_json(self._rows[picture])

    def write(self) -> None:
        write_atomically(self._path, json.dumps(self._rows).encode())
