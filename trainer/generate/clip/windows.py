"""A long clip as overlapping windows: no more frames at once than a motion module learned to see, and memory bounded.

Where windows overlap their predictions are averaged at every step, as MultiDiffusion (Bar-Tal et al. 2023, eq. 5) joins
the parts of a panorama, here along time; weights fall towards a window's ends, so that no seam shows.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from ...families.batch_rows import only_rows
from ...families.condition import Condition
from ...families.family import Family
from ...recipe.buckets import Placement
from .mount import MountedMotion

CONTEXT = 16
"""Frames that AnimateDiff's modules were trained on at once; more, even where their positions allow it, move less."""
_OVERLAP = 4


def windows(frames: int, longest: int) -> list[range]:
    """Equal windows of at most `longest` frames, spread evenly, neighbours sharing a quarter of them or more."""
    if frames <= longest:
        return [range(frames)]
    stride = max(1, longest - min(_OVERLAP, longest // 2))
    count = -(-(frames - longest) // stride) + 1
    starts = [round(number * (frames - longest) / (count - 1)) for number in range(count)]
    return [range(start, start + longest) for start in starts]


class WindowedPrediction:
    """What a family predicts of a clip, one window of one condition at a time; called as `Family.predict` is."""

    def __init__(self, family: Family, motion: MountedMotion, frames: int) -> None:
        self._family, self._motion, self._frames = family, motion, frames
        self._windows = windows(frames, min(CONTEXT, motion.longest))

    def __call__(
        self,
        noisy: Tensor,
        time: Tensor,
        conditions: Sequence[Condition],
        placements: Sequence[Placement],
        guidance: float | None = None,
    ) -> Tensor:
        """(n · frames, c, h, w): the clip under n conditions, one after another."""
        parts: list[Tensor] = []
        for start in range(0, len(noisy), self._frames):
            total = torch.zeros_like(noisy[: self._frames], dtype=torch.float32)
            shares = total.new_zeros(self._frames, 1, 1, 1)
            for window in self._windows:
                rows = slice(start + window.start, start + window.stop)
                self._motion.frames = len(window)
                with only_rows(range(rows.start, rows.stop)):
                    told = self._family.predict(noisy[rows], time, conditions[rows], placements[rows], guidance).float()
                share = _shares(len(window)).to(total)
                total[window.start : window.stop] += told * share
                shares[window.start : window.stop] += share
            parts.append(total / shares)
        return torch.cat(parts)


def _shares(length: int) -> Tensor:
    """1, 2, … in the middle, …, 2, 1, (length, 1, 1, 1)."""
    places = torch.arange(length)
    return (1.0 + torch.minimum(places, length - 1 - places)).view(-1, 1, 1, 1)
