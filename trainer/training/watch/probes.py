"""A few pictures at a time are looked at under fixed noise, with the adapter and without, as far as a run affords it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..data.training_set import Example
from ..run.events import Event
from ..step.answer import Answer
from .fixed_noise import FixedNoise, Noise

TOLD_DRAWS, DRAWS = 4, 4
_TOLD_LEVEL, _LEVEL = 0.25, 0.88
"""Parts of a run's levels. What a caption says is settled at middling noise; what a person and a composition are, near
noise, where only what was learned can tell."""
_LEARNED_FROM = 0.25
"""Part of a run's steps before which there is too little learned to be looked for."""
_UNTOLD = ""
_DOUBTED = -0.02
"""Fall of log loss by a caption below which it is drawn for again."""


@dataclass(frozen=True)
class Probe:
    """One forward pass: of picture `place` at draw `number`; `kind` is the table that it fills."""

    kind: str
    place: int
    number: int


class Probes:
    """A Watcher that says nothing itself: others read its tables.

    `told` and `untold`, (train, TOLD_DRAWS), are the base's losses with a picture's caption and with none; `base` and
    `trained`, (train + held out, DRAWS), its losses with its caption near noise, without the adapter and with it. NaN
    is not looked at yet.

    A pass is made when what was trained has paid for it: a training picture counts `each` forward passes, and `share`
    of them may go into looking. So the steps, not the clock, say when, and a run tells the same twice.
    """

    def __init__(  # noqa: PLR0913
        self,
        noise: FixedNoise,
        train: Sequence[Example],
        held_out: Sequence[Example],
        steps: int,
        *,
        share: float,
        each: float,
    ) -> None:
        self._noise, self._examples, self._train = noise, [*train, *held_out], len(train)
        self._steps, self._pay = steps, share * each
        self._credit, self.passes = 0.0, 0
        self.tables = {
            "told": np.full((self._train, TOLD_DRAWS), np.nan),
            "untold": np.full((self._train, TOLD_DRAWS), np.nan),
            "base": np.full((len(self._examples), DRAWS), np.nan),
            "trained": np.full((len(self._examples), DRAWS), np.nan),
            "step": np.zeros((len(self._examples), DRAWS)),
        }

    def look(self, answer: Answer) -> None:
        self._credit += self._pay * len(answer.examples)

    def tell(self, step: int) -> Iterator[Event]:
        """Makes the passes that are paid for."""
        while (probe := self._next(step)) is not None:
            cost = 2 if probe.kind == "told" else 1
            if self._credit < cost:
                break
            self._credit -= cost
            self._make(probe, step)
            self.passes += cost
        return iter(())

    def drops_by_draw(self) -> np.ndarray:
        """How far the adapter lowers each picture's log loss, (train + held out, DRAWS)."""
        return np.log(self.tables["base"] / self.tables["trained"])

    def drops(self) -> np.ndarray:
        """Their mean over what is known, (train + held out,)."""
        return _mean(self.drops_by_draw())

    def caption_gains(self) -> np.ndarray:
        """How far its caption lowers the base's log loss of each training picture, (train, TOLD_DRAWS)."""
        return np.log(self.tables["untold"] / self.tables["told"])

    def tensors(self) -> Mapping[str, Tensor]:
        counted = {"paid": torch.tensor([self._credit, float(self.passes)], dtype=torch.float64)}
        return counted | {name: torch.tensor(table) for name, table in self.tables.items()}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        if not tensors:
            return
        self.tables = {name: tensors[name].numpy().copy() for name in self.tables}
        self._credit, self.passes = float(tensors["paid"][0]), int(tensors["paid"][1])

    def _make(self, probe: Probe, step: int) -> None:
        example, at = self._examples[probe.place], (probe.place, probe.number)
        if probe.kind == "told":
            noise, said = Noise(_TOLD_LEVEL, probe.number), [example.caption, _UNTOLD]
            told, untold = self._noise.losses(example, said, noise, with_adapter=False)
            self.tables["told"][at], self.tables["untold"][at] = told, untold
            return
        is_trained = probe.kind == "trained"
        noise = Noise(_LEVEL, TOLD_DRAWS + probe.number)
        (loss,) = self._noise.losses(example, [example.caption], noise, with_adapter=is_trained)
        self.tables[probe.kind][at] = loss
        if is_trained:
            self.tables["step"][at] = step

    def _next(self, step: int) -> Probe | None:
        """What is most worth a pass: a caption's first draw, and further ones where it does not help; then the base,
        then what was learned, a draw for everybody and further ones for those who learned least; then the oldest."""
        doubted = self._doubted_caption()
        if doubted is not None:
            return doubted
        kinds = ("base",) if step < _LEARNED_FROM * self._steps else ("base", "trained")
        for kind in kinds:
            missing = np.flatnonzero(np.isnan(self.tables[kind][:, 0]))
            if len(missing):
                return Probe(kind, int(missing[0]), 0)
        for number in range(1, DRAWS):
            missing = np.flatnonzero(np.isnan([self.tables[kind][:, number] for kind in kinds]).any(axis=0))
            if len(missing):
                place = int(missing[int(np.argmin(np.nan_to_num(self.drops()[missing])))])
                kind = next(kind for kind in kinds if np.isnan(self.tables[kind][place, number]))
                return Probe(kind, place, number)
        place, number = np.unravel_index(int(self.tables["step"].argmin()), self.tables["step"].shape)
        is_stale = "trained" in kinds and self.tables["step"][place, number] < step
        return Probe("trained", int(place), int(number)) if is_stale else None

    def _doubted_caption(self) -> Probe | None:
        gains = self.caption_gains()
        for number in range(TOLD_DRAWS):
            for place, example in enumerate(self._examples[: self._train]):
                is_doubted = number == 0 or np.nanmean(gains[place]) < _DOUBTED
                if example.caption and is_doubted and np.isnan(gains[place, number]):
                    return Probe("told", place, number)
        return None


def _mean(values: np.ndarray) -> np.ndarray:
    """Of what is known in each row, NaN where nothing is."""
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)
