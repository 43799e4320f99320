"""Pictures looked at under fixed noise, with the adapter and without, as far as a run affords it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..data.training_set import Example
from ..run.events import Event, Noticed
from ..step.answer import Answer
from .fixed_noise import FixedNoise, Noise
from .own_losses import Table
from .verdicts import robust_z

TOLD_DRAWS, DRAWS = 3, 4
_TOLD_LEVEL, _LEVEL = 0.25, 0.88
"""Parts of a run's levels. What a caption says is settled at middling noise; what a person and a composition are, near
noise, where only what was learned can tell."""
_LEARNED_FROM = 0.25
"""Part of a run's steps before which there is too little learned to be looked for."""
_UNTOLD = ""
_NO_ROOM = "Pictures are not looked at from here on: they do not fit into memory beside training. The run goes on."
_DOUBTED = -2.5
"""Robust standard deviations below the set's median at which a caption is drawn for again, where it does not help."""


@dataclass(frozen=True)
class Probe:
    """One forward pass of some pictures at draw `number`; `kind` is the table that it fills."""

    kind: str
    places: Sequence[int]
    number: int

    @property
    def rows(self) -> int:
        """Pictures in the pass: a caption is held against none."""
        return 2 * len(self.places) if self.kind == "told" else len(self.places)


class Probes:
    """A Watcher that says nothing itself: others read its tables.

    `told` and `untold`, (train, TOLD_DRAWS), are the base's losses with a picture's caption and with none; `base` and
    `trained`, (train + held out, DRAWS), its losses with its caption near noise, without the adapter and with it. NaN
    is not looked at yet.

    A pass of up to `batch` pictures is made when what was trained has paid for it: a training picture counts `each` of
    those looked at, and `share` of all may go into looking. So the steps, not the clock, say when, and a run tells the
    same twice.
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
        batch: int,
    ) -> None:
        self._noise, self._examples, self._train = noise, [*train, *held_out], len(train)
        self._steps, self._pay, self._batch = steps, share * each, batch
        self._credit, self.passes, self._is_over = 0.0, 0, False
        self.tables: dict[str, Table] = {
            "told": np.full((self._train, TOLD_DRAWS), np.nan),
            "untold": np.full((self._train, TOLD_DRAWS), np.nan),
            "base": np.full((len(self._examples), DRAWS), np.nan),
            "trained": np.full((len(self._examples), DRAWS), np.nan),
            "step": np.zeros((len(self._examples), DRAWS)),
        }
        for place, example in enumerate(train):
            if not example.caption:
                self.tables["told"][place] = self.tables["untold"][place] = 1.0

    def look(self, answer: Answer) -> None:
        self._credit += self._pay * len(answer.examples)

    def tell(self, step: int) -> Iterator[Event]:
        """Makes the passes that are paid for; says once where one does not fit into memory, and makes none after."""
        while not self._is_over and (probe := self._next(step)) is not None:
            if self._credit < probe.rows:
                break
            self._credit -= probe.rows
            self.passes += probe.rows
            try:
                self._make(probe, step)
            except torch.OutOfMemoryError:
                self._is_over = True
                yield Noticed(step=step, what=_NO_ROOM)

    def drops_by_draw(self) -> Table:
        """How far the adapter lowers each picture's log loss, (train + held out, DRAWS)."""
        return np.log(self.tables["base"] / self.tables["trained"])

    def drops(self) -> Table:
        """Their mean over what is known, (train + held out,)."""
        return _mean(self.drops_by_draw())

    def caption_gains(self) -> Table:
        """How far its caption lowers the base's log loss of each training picture, (train, TOLD_DRAWS)."""
        return np.log(self.tables["untold"] / self.tables["told"])

    def tensors(self) -> Mapping[str, Tensor]:
        counted = torch.tensor([self._credit, self.passes, self._is_over], dtype=torch.float64)
        return {"counted": counted} | {name: torch.tensor(table) for name, table in self.tables.items()}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        if not tensors:
            return
        self.tables = {name: tensors[name].numpy().copy() for name in self.tables}
        credit, passes, is_over = (float(number) for number in tensors["counted"])
        self._credit, self.passes, self._is_over = credit, int(passes), bool(is_over)

    def _make(self, probe: Probe, step: int) -> None:
        examples = [self._examples[place] for place in probe.places]
        at = ([*probe.places], probe.number)
        own = [(example, example.caption) for example in examples]
        if probe.kind == "told":
            noise, none = Noise(_TOLD_LEVEL, probe.number), [(example, _UNTOLD) for example in examples]
            losses = self._noise.losses([*own, *none], noise, with_adapter=False)
            self.tables["told"][at], self.tables["untold"][at] = losses[: len(own)], losses[len(own) :]
            return
        is_trained = probe.kind == "trained"
        noise = Noise(_LEVEL, TOLD_DRAWS + probe.number)
        self.tables[probe.kind][at] = self._noise.losses(own, noise, with_adapter=is_trained)
        if is_trained:
            self.tables["step"][at] = step

    def _next(self, step: int) -> Probe | None:
        """What is most worth a pass: a caption's first draw, and further ones where it does not help; then the base,
        then what was learned, a draw for everybody and further ones for those who learned little, then for all; then
        the oldest."""
        doubted = self._doubted_caption()
        if doubted is not None:
            return doubted
        kinds = ("base",) if step < _LEARNED_FROM * self._steps else ("base", "trained")
        for kind in kinds:
            missing = np.isnan(self.tables[kind][:, 0])
            if missing.any():
                return Probe(kind, self._together(missing), 0)
        for which in (self._doubted_pictures(), np.ones(len(self._examples), bool)):
            for number in range(1, DRAWS):
                missing = which & np.isnan([self.tables[kind][:, number] for kind in kinds]).any(axis=0)
                if missing.any():
                    lacking = missing & np.isnan(self.tables["base"][:, number])
                    is_base = lacking.any()
                    return Probe(
                        "base" if is_base else "trained", self._together(lacking if is_base else missing), number
                    )
        number = int(self.tables["step"].min(axis=0).argmin())
        steps = self.tables["step"][:, number]
        stale = steps == steps.min() if steps.min() < step and "trained" in kinds else np.zeros(len(steps), bool)
        return Probe("trained", self._together(stale), number) if stale.any() else None

    def _doubted_caption(self) -> Probe | None:
        gains = self.caption_gains()
        for number in range(TOLD_DRAWS):
            doubted = np.ones(len(gains), bool) if number == 0 else _doubted(gains)
            missing = doubted & np.isnan(gains[:, number])
            if missing.any():
                return Probe("told", self._together(missing, rows=2), number)
        return None

    def _doubted_pictures(self) -> NDArray[np.bool_]:
        """Training pictures that have learned less than half of what the middle one has."""
        drops = self.drops()
        if np.isnan(drops).any():
            return np.zeros(len(drops), bool)
        is_train = np.arange(len(drops)) < self._train
        return is_train & (drops < np.median(drops[is_train]) / 2)

    def _together(self, which: NDArray[np.bool_], rows: int = 1) -> list[int]:
        """The first of them with others of its bucket, `rows` of each, as many as a pass takes."""
        places = np.flatnonzero(which).tolist()
        bucket = self._examples[places[0]].placement.bucket
        alike = [place for place in places if self._examples[place].placement.bucket == bucket]
        return alike[: max(1, self._batch // rows)]


def _doubted(gains: Table) -> NDArray[np.bool_]:
    means = np.nanmean(gains, axis=1)
    return (means < 0) & (robust_z(means, gains[:, 0]) <= _DOUBTED)


def _mean(values: Table) -> Table:
    """Of what is known in each row, NaN where nothing is."""
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)
