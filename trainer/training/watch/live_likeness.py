"""Tells while a run goes on how like the character the faces are that training itself has in mind."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from statistics import fmean
from typing import Any, cast

import torch
from torch import Tensor

from ..data.training_set import Example
from ..run.events import Event, LiveLikeness, Noticed
from ..step.answer import Answer
from .budget import Budget
from .live_plateau import LivePlateau
from .predicted_faces import PredictedFaces, View

_PICTURES, _MOST_TRIED = 3, 8
_NO_FACE = (
    "Live likeness is not told: the face reader finds no face of the character in the first pictures, as the base's "
    "autoencoder keeps them. Samples are read as ever."
)
_NO_ROOM = (
    "Live likeness is not told from here on: its pictures do not fit into memory beside training. The run goes on."
)
Context = Callable[[], AbstractContextManager[Any]]


class LiveLikenessWatch:
    """A Watcher: after the first step, and every `every`-th as far as `budget` allows, it reads the face in what the
    denoiser takes a noisy picture for: a few fixed ones in turn, of which it tells the mean as last seen.

    Almost without noise that is the picture itself, whatever was learned, and almost in noise it is nobody. So there is
    as much noise as leaves a quarter of the character to the base alone, in `bare`: what is seen beyond that was
    learned, on any base and at any size (docs/watching.md). The first of `examples` in which a face is read are looked
    at; `settled` gives weights as samples are drawn with. `log` gives what the run told so far.
    """

    def __init__(  # noqa: PLR0913
        self,
        faces: PredictedFaces,
        examples: Sequence[Example],
        plateau: LivePlateau,
        budget: Budget,
        every: int,
        *,
        bare: Context,
        settled: Context,
        log: Callable[[], Sequence[Event]],
        reader: str = "",
    ) -> None:
        self._faces, self._examples, self._plateau, self._budget = faces, examples, plateau, budget
        self._every, self._bare, self._settled, self._log, self._reader = every, bare, settled, log, reader
        self._views: list[View] | None = None
        self._seen: list[float | None] = []
        self._turn = 0
        self._is_over = False

    def look(self, answer: Answer) -> None:
        """Training's own answers are at other noises each time, which move likeness more than learning does."""

    def tell(self, step: int) -> Iterator[Event]:
        self._budget.step()
        is_due = self._views is None or (self._views and step % self._every == 0 and self._budget.allows)
        if self._is_over or not is_due:
            return
        try:
            if self._views is None:
                with self._budget.beginning():
                    self._begin()
            else:
                self._look_again(self._views)
        except torch.OutOfMemoryError:
            self._is_over = True
            yield Noticed(step=step, what=_NO_ROOM)
            return
        known = [value for value in self._seen if value is not None]
        if known:
            told = LiveLikeness(
                step=step, likeness=fmean(known), pictures=len(known), reader=self._reader, each=tuple(self._seen)
            )
            yield told
            yield from self._plateau.after(told)
        elif not self._views:
            yield Noticed(step=step, what=_NO_FACE)

    def tensors(self) -> Mapping[str, Tensor]:
        if self._views is None:
            return {}
        views = [[self._examples.index(view.example), view.number] for view in self._views]
        return {"views": torch.tensor(views, dtype=torch.int64).reshape(-1, 2)}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        if tensors:
            places: list[list[int]] = cast(Any, tensors["views"]).tolist()
            self._views = [self._faces.views(self._examples[place])[number] for place, number in places]

    def _look_again(self, views: Sequence[View]) -> None:
        """At the picture whose turn it is; at all of them where a resumed run's log does not tell what was seen."""
        if not self._seen:
            told = [event for event in self._log() if isinstance(event, LiveLikeness) and event.reader == self._reader]
            self._seen, self._turn = list(told[-1].each) if told else [], max(len(told) - 1, 0)
        with self._budget.spending():
            if len(self._seen) != len(views):
                self._seen = self._looked_at(views)
                return
            place = self._turn % len(views)
            (self._seen[place],) = self._looked_at([views[place]])
            self._turn += 1

    def _looked_at(self, views: Sequence[View]) -> list[float | None]:
        with self._settled():
            return [self._faces.likeness(view) for view in views]

    def _begin(self) -> None:
        """Choose the first pictures in which a face is read; the first of them says how much noise there is."""
        views: list[View] = []
        seen: list[float | None] = []
        for example in self._examples[:_MOST_TRIED]:
            view = self._view(example, views)
            value = None if view is None else self._looked_at([view])[0]
            if view is not None and value is not None:
                views.append(view)
                seen.append(value)
            if len(views) == _PICTURES:
                break
        self._views, self._seen = views, seen

    def _view(self, example: Example, views: Sequence[View]) -> View | None:
        """As noisy as those that are chosen already; None where it shows no face without noise."""
        ladder = self._faces.views(example)
        if views:
            return min(ladder, key=lambda view: abs(math.log(view.snr / views[0].snr)))
        own = self._faces.own(example)
        if own is None:
            return None
        with self._bare():
            return self._faces.mostly_lost(ladder, own)
