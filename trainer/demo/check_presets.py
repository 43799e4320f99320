"""Whether every preset still trains as it did: its miniature's figures beside those stored for this version."""

import json
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from ..errors import RunError
from ..recipe.presets import PRESETS, Preset
from ..runtime.work import Ask, never
from ..storage.atomic import write_atomically
from .miniature import Figures, Sets, figures_of

STORED = Path(__file__).with_name("check_presets.json")
_SHARE: Mapping[str, float] = {"loss": 0.02, "fall": 0.25, "change": 0.05, "numbers": 0.0}
_ROOM: Mapping[str, float] = {"loss": 0.0, "fall": 0.004, "change": 0.0, "numbers": 0.0}
"""How far a figure may be from the stored one, as a share of it and besides: processors and versions of torch round in
other ways, in bf16 above all."""
_TITLES: Mapping[str, str] = {
    "loss": "mean loss",
    "fall": "share of held-out loss taken away",
    "change": "norm of the weights' change",
    "numbers": "number of weights",
}
Told = Callable[[int, int, str], None]


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A preset's miniature, here and as stored; None where nothing is stored of it."""

    preset: str
    here: Figures
    stored: Figures | None

    @property
    def faults(self) -> tuple[str, ...]:
        """What is off, in words; empty where all is as it was."""
        if self.stored is None:
            return (f"{self.preset}: nothing is stored",)
        here, stored = self.here.to_json(), self.stored.to_json()
        return tuple(
            f"{self.preset}: {title} is {here[name]:g} where {stored[name]:g} is stored"
            for name, title in _TITLES.items()
            if not _is_alike(name, here[name], stored[name])
        )


@dataclass(frozen=True, kw_only=True)
class PresetCheck:
    """All presets' miniatures, and the seconds they took."""

    trained: tuple[Trained, ...]
    seconds: float

    @property
    def faults(self) -> tuple[str, ...]:
        return tuple(fault for each in self.trained for fault in each.faults)

    def refuse_changes(self) -> None:
        """RunError that names every preset and figure which is off."""
        if self.faults:
            raise RunError(
                f"Presets no longer train as stored: {'; '.join(self.faults)}. Mend what broke them, or look at the "
                "new figures and store them: python -m trainer check --presets --record."
            )

    def record(self, path: Path = STORED) -> None:
        """Store the figures of here in place of the old ones."""
        rows = {each.preset: each.here.to_json() for each in self.trained}
        write_atomically(path, f"{json.dumps(rows, indent=1, ensure_ascii=False)}\n".encode())


def check_presets(
    presets: Mapping[str, Preset] = PRESETS, *, told: Told | None = None, cancelled: Ask = never, stored: Path = STORED
) -> PresetCheck:
    """Train every preset's miniature on the processor, a second or three each. Nothing is left behind.

    `told` hears how many are done, of how many, and which comes next.
    """
    started, known = time.monotonic(), stored_figures(stored)
    trained: list[Trained] = []
    with tempfile.TemporaryDirectory(prefix="likeness_presets_") as scratch:
        sets = Sets.drawn(Path(scratch))
        for number, (name, preset) in enumerate(presets.items()):
            if told:
                told(number, len(presets), name)
            here = figures_of(preset, sets, Path(scratch, f"run_{number}"), cancelled=cancelled)
            trained.append(Trained(preset=name, here=here, stored=known.get(name)))
        if told:
            told(len(presets), len(presets), "")
    return PresetCheck(trained=tuple(trained), seconds=time.monotonic() - started)


def stored_figures(path: Path = STORED) -> dict[str, Figures]:
    """By preset; empty where nothing was ever stored."""
    if not path.is_file():
        return {}
    rows: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return {name: Figures(**row) for name, row in rows.items()}


def _is_alike(name: str, here: float, stored: float) -> bool:
    return isfinite(here) and abs(here - stored) <= _SHARE[name] * abs(stored) + _ROOM[name]
