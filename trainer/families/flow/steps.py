"""The way from noise to a picture as the host's euler sampler on its "simple" schedule goes it."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from ..drawing_steps import DrawingSteps
from .levels import shifted


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """σ = kt / (1 + (k - 1)t) with k = `shift`, at `count` even times t; of these the host takes every so-manyth."""

    shift: float
    count: int = 1000

    def steps(self, steps: int, whole: int, device: torch.device) -> DrawingSteps:
        """The last `steps` of `whole`."""
        return DrawingSteps(_Euler(self), steps, whole, device)

    def sigmas(self, steps: int) -> Tensor:
        """Of the steps' beginnings and of the end, fp64 (steps + 1,)."""
        passed = torch.tensor([int(step * self.count / steps) for step in range(steps)], dtype=torch.float64)
        return torch.cat([shifted(1 - passed / self.count, self.shift), torch.zeros(1, dtype=torch.float64)])


@dataclass
class _Euler:
    """What DrawingSteps drives, in the words of diffusers' schedulers; its timesteps are σ itself."""

    schedule: Schedule
    config: Any = field(default_factory=lambda: SimpleNamespace(num_train_timesteps=1))
    timesteps: Tensor = field(default_factory=lambda: torch.zeros(0))

    def set_timesteps(self, count: int, device: torch.device) -> None:
        self._sigmas = self.schedule.sigmas(count)
        self.timesteps = self._sigmas[:-1]

    def set_begin_index(self, index: int) -> None:
        self._next = index

    def scale_noise(self, sample: Tensor, timestep: Tensor, noise: Tensor) -> Tensor:
        sigma = float(timestep[0])
        return (1 - sigma) * sample + sigma * noise

    def step(self, predicted: Tensor, timestep: Tensor, sample: Tensor, *, return_dict: bool) -> tuple[Tensor]:
        now, then = self._sigmas[self._next], self._sigmas[self._next + 1]
        self._next += 1
        return (sample + float(then - now) * predicted,)
