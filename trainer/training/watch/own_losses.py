"""What training itself lost on each picture, freed of the noise level it happened to meet."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..step.answer import Answer

Table = NDArray[np.float64]
_KNOTS = 6
_FEWEST_VIEWS = 4
"""Of a picture in a window, before anything is said of it."""


@dataclass(frozen=True)
class Gain:
    """By how much a picture's log loss has fallen, and the standard error of that."""

    value: float
    error: float

    @property
    def share(self) -> float:
        """Of its first loss."""
        return 1 - float(np.exp(-self.value))


class OwnLosses:
    """A row a view: the picture's place in `paths`, log SNR, log loss. It costs no forward pass.

    A picture is known by its file, so that its places at several resolutions count together; others, the prior's,
    are passed over.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._places = {path: place for place, path in enumerate(paths)}
        self._new: list[tuple[list[int], list[int], Tensor, Tensor]] = []
        self._rows = np.empty((0, 3))

    def add(self, answer: Answer) -> None:
        """Keeps what lies on the device there, whole: a list of rows would be taken to it, and waited for."""
        ours = [row for row, each in enumerate(answer.examples) if each.sample.path in self._places]
        if ours:
            places = [self._places[answer.examples[row].sample.path] for row in ours]
            self._new.append((ours, places, answer.noised.level.snr, answer.losses))

    def rows(self) -> Table:
        """All views, (n, 3), oldest first."""
        if self._new:
            rows, places, snr, losses = zip(*self._new, strict=True)
            sizes = [len(each) for each in snr]
            starts = np.repeat(np.cumsum([0, *sizes[:-1]]), [len(each) for each in rows])
            ours = np.concatenate(rows).astype(int) + starts
            logs = [torch.cat(each).double().cpu().clamp(min=1e-12).log().numpy()[ours] for each in (snr, losses)]
            new = np.stack([np.concatenate(places).astype(float), *logs], axis=1)
            self._rows = np.concatenate([self._rows, new])
            self._new.clear()
        return self._rows

    def restore(self, rows: Table) -> None:
        self._rows = rows
        self._new.clear()

    def gains(self) -> list[Gain] | None:
        """How far each picture's loss has fallen from the first fifth of the views to the last two fifths.

        In each window log loss is fitted as a curve of log SNR, straight between six knots, and a height a picture: the
        height is its noise-normalised residual. A gain is the fall of curve and height together at the levels of the
        later window; its error comes from the residuals. None until every picture was seen four times in each window.
        """
        rows = self.rows()
        early, late = rows[: len(rows) // 5], rows[-2 * len(rows) // 5 :]
        count = len(self._places)
        seen = [np.bincount(window[:, 0].astype(int), minlength=count) for window in (early, late)]
        if len(rows) == 0 or min(each.min() for each in seen) < _FEWEST_VIEWS:
            return None
        knots = np.unique(np.quantile(late[:, 1], np.linspace(0, 1, _KNOTS)))
        before, after = (_fitted(window, knots, count, late[:, 1]) for window in (early, late))
        errors = np.sqrt(before[1] ** 2 / seen[0] + after[1] ** 2 / seen[1])
        return [Gain(float(v), float(e)) for v, e in zip(before[0] - after[0], errors, strict=True)]


def _fitted(window: Table, knots: Table, count: int, levels: Table) -> tuple[Table, float]:
    """Mean log loss of each picture at `levels`, (count,), and the standard deviation of a view from its fit.

    The curve is fitted to what is left when each picture's means are taken away, which gives the same as to fit both
    at once (Frisch and Waugh 1933, Econometrica 1:387) at a cost that grows with the views alone.
    """
    place = window[:, 0].astype(int)
    curve, loss = _hats(window[:, 1], knots), window[:, 2]
    of_curve, of_loss = _means(curve, place, count), _means(loss[:, None], place, count)[:, 0]
    found = np.linalg.lstsq(curve - of_curve[place], loss - of_loss[place], rcond=None)[0]
    heights = of_loss - of_curve @ found
    freedom = max(1, len(window) - len(knots) - count)
    spread = float(np.sqrt(np.square(loss - curve @ found - heights[place]).sum() / freedom))
    return _hats(levels, knots).mean(axis=0) @ found + heights, spread


def _means(values: Table, place: NDArray[np.int_], count: int) -> Table:
    """Of the rows of each picture, (count, columns)."""
    sums = [np.bincount(place, column, minlength=count) for column in values.T]
    return np.stack(sums, axis=1) / np.bincount(place, minlength=count)[:, None]


def _hats(levels: Table, knots: Table) -> Table:
    """Straight interpolation between knots as weights of each, (n, knots)."""
    return np.stack([np.interp(levels, knots, row) for row in np.eye(len(knots))], axis=1)
