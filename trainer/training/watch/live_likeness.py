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
from .live_plateau import Plateau
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
    """A Watcher: after the first step and every `every`-th it reads the faces in what the denoiser takes a few fixed
    noisy pictures for, as far as `budget` allows.

    Almost without noise that is the picture itself, whatever was learned, and almost in noise it is nobody. So there is
    as much noise as leaves a quarter of the character to the base alone, in `bare`: what is seen beyond that was
    learned, on any base and at any size (docs/watching.md). The first of `examples` in which a face is read are looked
    at; `settled` gives weights as samples are drawn with.
    """

    def __init__(  # noqa: PLR0913
        self,
        faces: PredictedFaces,
        examples: Sequence[Example],
        plateau: Plateau,
        budget: Budget,
        every: int,
        *,
        bare: Context,
        settled: Context,
        reader: str = "",
    ) -> None:
        self._faces, self._examples, self._plateau, self._budget = faces, examples, plateau, budget
        self._every, self._bare, self._settled, self._reader = every, bare, settled, reader
        self._views: Sequence[View] = ()
        self._rows: list[list[float]] = []
        """A look each: its step and the likeness of each picture, NaN without a face."""
        self._is_over = self._is_plateau_told = False

    def look(self, answer: Answer) -> None:
        """Training's own answers are at other noises each time, which move likeness more than learning does."""

    def tell(self, step: int) -> Iterator[Event]:
        self._budget.step()
        is_due = not self._views or (step % self._every == 0 and self._budget.allows)
        if self._is_over or not is_due:
            return
        try:
            # Choosing pictures is done once, like their encoding, and is not paid for by steps.
            self._views = self._views or self._chosen()
            with self._budget.spending():
                seen = self._seen()
        except torch.OutOfMemoryError:
            yield self._end(step, _NO_ROOM)
            return
        if not self._views:
            yield self._end(step, _NO_FACE)
        elif any(value is not None for value in seen):
            yield from self._told(step, seen)

    def tensors(self) -> Mapping[str, Tensor]:
        views = [[self._examples.index(view.example), view.number] for view in self._views]
        return {
            "budget": torch.tensor([self._budget.numbers()], dtype=torch.float64),
            "views": torch.tensor(views, dtype=torch.float64).reshape(-1, 2),
            "rows": torch.tensor(self._rows, dtype=torch.float64).reshape(-1, 1 + _PICTURES),
            "told": torch.tensor([[self._is_over, self._is_plateau_told]], dtype=torch.float64),
        }

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        if not tensors:
            return
        kept = {name: cast(list[list[float]], cast(Any, tensor).tolist()) for name, tensor in tensors.items()}
        self._budget.resume(kept["budget"][0])
        places = [(self._examples[int(place)], int(number)) for place, number in kept["views"]]
        self._views = [self._faces.views(example)[number] for example, number in places]
        self._rows = kept["rows"]
        self._is_over, self._is_plateau_told = map(bool, kept["told"][0])

    def _chosen(self) -> list[View]:
        """Of the first pictures in which a face is read; the first of them says how much noise there is."""
        views: list[View] = []
        for example in self._examples[:_MOST_TRIED]:
            own = self._faces.own(example)
            if own is None:
                continue
            all_views = self._faces.views(example)
            if views:
                views.append(min(all_views, key=lambda view: abs(math.log(view.snr / views[0].snr))))
            else:
                with self._bare():
                    views.append(self._faces.mostly_lost(all_views, own))
            if len(views) == _PICTURES:
                break
        return views

    def _seen(self) -> list[float | None]:
        with self._settled():
            return [self._faces.likeness(view) for view in self._views]

    def _told(self, step: int, seen: Sequence[float | None]) -> Iterator[Event]:
        values = [math.nan if value is None else value for value in seen]
        self._rows.append([step, *values, *[math.nan] * (_PICTURES - len(values))])
        known = [value for value in seen if value is not None]
        yield LiveLikeness(step=step, likeness=fmean(known), pictures=len(known), reader=self._reader)
        said = "" if self._is_plateau_told else self._plateau.said(self._rows)
        if said:
            self._is_plateau_told = True
            yield Noticed(step=step, what=said)

    def _end(self, step: int, why: str) -> Noticed:
        self._is_over = True
        return Noticed(step=step, what=why)
