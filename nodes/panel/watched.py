"""What a run tells of itself besides what it makes, as its panel shows it: how it computes, and what is learned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...trainer.errors import LikenessError, shortened
from ...trainer.training.run.events import (
    Event,
    LiveLikeness,
    MemoryScored,
    MemoryUsed,
    Noticed,
    PicturesWatched,
    Sampled,
    Seeded,
    Settled,
    StoppedEarly,
)
from ...trainer.training.run.words import CONCERNS, memory_words, settled_words, urgency
from ..host.pictures import view_of_thumbnail
from .budget import spread

View = Mapping[str, str]
Views = Callable[[Sequence[str]], Sequence[View | None]]
_POINTS, _MOST_PICTURES, _LETTERS = 160, 96, 80
_NOTICES = 4
_PLATEAU = 3
"""Samplings in a row without a rise of likeness that are worth a word."""


def no_views(names: Sequence[str]) -> list[View | None]:
    """Of pictures that nobody knows the place of."""
    return [None] * len(names)


class WatchState:
    """Folds these events; all that is told has its bounds."""

    def __init__(self, views: Views = no_views) -> None:
        self._views = views
        self._settled: Settled | None = None
        self._peak: int | None = None
        self._spill = ""
        self._live: dict[int, float] = {}
        self._live_of = ""
        self._scored: MemoryScored | None = None
        self._watched: PicturesWatched | None = None
        self._samplings: list[Sampled] = []
        self._noticed: dict[str, None] = {}
        self._is_stopped = False

    def add(self, event: Event) -> None:
        match event:
            case Settled():
                self._settled = event
            case MemoryUsed():
                # A spill is told once; peaks that grow afterwards do not take it back.
                self._peak, self._spill = max(self._peak or 0, event.peak), event.spill or self._spill
            case LiveLikeness():
                self._live[event.step] = event.likeness
                self._live_of = _live_words(event)
            case PicturesWatched():
                self._watched = event
            case MemoryScored():
                self._scored = event
            case Noticed():
                self._noticed[event.what] = None
            case Seeded():
                self._samplings.clear()
                self._is_stopped = False
            case Sampled():
                self._samplings.append(event)
            case StoppedEarly():
                self._is_stopped = True
            case _:
                pass

    def snapshot(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "facts": settled_words(self._settled, self._peak) if self._settled else "",
            "spill": self._spill,
            "by_heart": memory_words(self._scored) if self._scored else "",
            "plateau": self._plateau(),
            "noticed": " ".join([*self._noticed][-_NOTICES:]),
            "live": spread([[step, value] for step, value in sorted(self._live.items())], _POINTS),
            "live_of": self._live_of,
            "pictures": self._pictures(),
            "pictures_of": len(self._watched.names) if self._watched else 0,
        }

    def _plateau(self) -> str:
        """That the samples no longer grow more like the character; a run that ended for it has said so."""
        if self._is_stopped or len(self._samplings) <= _PLATEAU:
            return ""
        from ...trainer.recipe.early_stop import EarlyStop
        from ...trainer.training.plateau import last_rise, of_one_reader

        rise = last_rise(of_one_reader(self._samplings), EarlyStop(), 0)
        if rise is None or rise.waited < _PLATEAU:
            return ""
        return f"likeness last rose at step {rise.step}: no rise beyond its noise in {rise.waited} samplings since"

    def _pictures(self) -> list[dict[str, Any]]:
        """What is worth a look first, of that what is learned least; of very many pictures the first ones."""
        watched = self._watched
        if watched is None:
            return []
        rows = sorted(
            zip(watched.names, watched.learned, watched.verdicts, self._views(watched.names), strict=True),
            key=lambda row: (urgency(row[2]), row[1]),
        )
        return [
            {
                "name": shortened(name, _LETTERS),
                "learned": round(learned, 3),
                "verdict": verdict,
                "why": CONCERNS.get(verdict, ""),
                "view": view,
            }
            for name, learned, verdict, view in rows[:_MOST_PICTURES]
        ]


def _live_words(event: LiveLikeness) -> str:
    by = f" by {event.reader}" if event.reader else ""
    return f"the face in what training itself predicts{by}, a mean of {event.pictures}; no sample is drawn for it"


class TrainingPictures:
    """Thumbnails of a run's training pictures by the names that its log calls them; made once, when first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[tuple[str, ...], list[View | None]] = {}

    def __call__(self, names: Sequence[str]) -> list[View | None]:
        key = tuple(names)
        if key not in self._known:
            self._known[key] = [view_of_thumbnail(path) if path else None for path in self._paths(key)]
        return self._known[key]

    def _paths(self, names: tuple[str, ...]) -> list[Path | None]:
        """In their order where the names are the dataset's in its order: of two folders they may repeat."""
        from ...trainer.training.run.folder import read_run

        try:
            paths = [sample.path for sample in read_run(self._folder)[0].train]
        except LikenessError:
            return [None] * len(names)
        if [path.name for path in paths] == [Path(name).name for name in names]:
            return [*paths]
        found = {path.name: path for path in paths}
        return [found.get(Path(name).name) for name in names]
