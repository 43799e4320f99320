"""What is made of an adapter's tokens, and its mask, for the rows of a batch, whichever rows a call holds."""

from collections.abc import Sequence
from functools import lru_cache, partial

import torch
from torch import Tensor, nn

from ..adapter import Rows
from .masks import on_grid


class TokenRows(nn.Module):
    """Conditional rows get what is made of conditional tokens, the others what is made of unconditional ones.

    Tensors are (m, ...), m 1 or one a latent, in turn where there are fewer than latents.
    """

    def __init__(self, conditional: Sequence[Tensor], unconditional: Sequence[Tensor]) -> None:
        super().__init__()
        self._counts = len(conditional[0]), len(unconditional[0])
        both = zip(conditional, unconditional, strict=True)
        self.stacks = nn.ParameterList([nn.Parameter(torch.cat(pair), requires_grad=False) for pair in both])

    def forward(self, rows: Rows, like: Tensor) -> list[Tensor]:
        """Each tensor as (b, ...), of the device and type of `like`."""
        which = _places(rows, self._counts, like.device)
        return [stack.to(like)[which] for stack in self.stacks]


class RowMask:
    """Where an adapter acts, on the grid of a layer's tokens, for the latents of a batch's rows."""

    def __init__(self, mask: Tensor) -> None:
        # What is remembered is no part of the mask: kept pictures are filed under the values of what drew them.
        self._regions = lru_cache(maxsize=32)(partial(_regions, mask))

    def of(self, rows: Rows, like: Tensor) -> Tensor:
        """(b, tokens, 1), 0 to 1, of the device and type of `like`; held by grid, for a step asks at every layer."""
        regions = self._regions(rows.grid, like.device, like.dtype)
        if len(regions) == 1:
            return regions
        # By slices: an index made of numbers has the device wait.
        return torch.stack([regions[latent % len(regions)] for latent in rows.latent])


def _regions(mask: Tensor, grid: tuple[int, int], device: torch.device, dtype: torch.dtype) -> Tensor:
    return on_grid(mask, grid).unsqueeze(-1).to(device, dtype)


@lru_cache(maxsize=64)
def _places(rows: Rows, counts: tuple[int, int], device: torch.device) -> Tensor:
    own, others = counts
    return torch.tensor(
        [
            latent % own if is_conditional else own + latent % others
            for is_conditional, latent in zip(rows.conditional, rows.latent, strict=True)
        ],
        device=device,
    )
