"""What one call of the denoiser is about: found once, before its layers run."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from ...families.batch_rows import rows_of_batch
from ..adapter import Rows
from .window import Window


class Call:
    """The denoiser's call under way, for one adapter. `told` gives its time, how many rows there are, and the grid of
    their image tokens, (0, 0) where layers have their own.

    Outside the adapter's window `is_active` is off, and its layers do nothing.
    """

    def __init__(
        self,
        denoiser: torch.nn.Module,
        window: Window,
        told: Callable[[Sequence[Any], Mapping[str, Any]], tuple[Any, int, tuple[int, int]]],
    ) -> None:
        self._window, self._told = window, told
        self.is_active = False
        self._conditional: tuple[bool, ...] = ()
        self._latent: tuple[int, ...] = ()
        self.grid = (0, 0)
        self._handle = denoiser.register_forward_pre_hook(self._begin, with_kwargs=True)

    def rows(self, heads: int, grid: tuple[int, int] | None = None) -> Rows:
        """Of a layer with so many heads."""
        return Rows(conditional=self._conditional, latent=self._latent, heads=heads, grid=grid or self.grid)

    def remove(self) -> None:
        self._handle.remove()
        self.is_active = False

    def _begin(self, _denoiser: Any, inputs: tuple[Any, ...], named: dict[str, Any]) -> None:
        time, count, self.grid = self._told(inputs, named)
        self.is_active = self._window.holds(time)
        rows = rows_of_batch(count)
        self._conditional, self._latent = rows.conditional, rows.latent
