"""From when to when of the way from noise to a picture an adapter is used, in the denoiser's own measure of time."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

from torch import Tensor

from ..use import Use

_ROUNDING = 1e-5
"""Of the way; the host's float32 has no more, and a step that falls on an end belongs to it."""


@dataclass(frozen=True)
class Window:
    """Times count down: active from `begins` to `ends`, both included."""

    begins: float = inf
    ends: float = -inf

    @classmethod
    def of(cls, use: Use, time: Callable[[float], float]) -> "Window":
        """`time` of a part of the way. The very beginning and the very end leave nothing out, as in the host."""
        return cls(
            inf if use.start <= 0 else time(max(use.start - _ROUNDING, 0.0)),
            -inf if use.end >= 1 else time(min(use.end + _ROUNDING, 1.0)),
        )

    def holds(self, time: Tensor | float) -> bool:
        """Of a batch of one time. The device is asked only where the answer depends on it."""
        if self.begins == inf and self.ends == -inf:
            return True
        moment: Any = time.flatten()[0] if isinstance(time, Tensor) else time
        return self.ends <= float(moment) <= self.begins
