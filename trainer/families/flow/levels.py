"""How far towards noise each picture of a batch is taken: σ, drawn by the recipe's word for it."""

from dataclasses import dataclass
from math import exp

import torch
from torch import Tensor

from ...recipe.flow import Flow, TimeSampling

_LEAST_TOKENS, _MOST_TOKENS = 256, 4096
_LEAST_MU, _MOST_MU = 0.5, 1.15


@dataclass(frozen=True, kw_only=True)
class Levels:
    """A family's own way: `sampling` where a recipe names none, `shift` where it names no number, and the side in
    latents of what its transformer sees as one token."""

    sampling: TimeSampling
    shift: float
    patch: int = 2

    def drawn(
        self, flow: Flow, count: int, size: tuple[int, int], source: torch.Generator
    ) -> tuple[Tensor, Tensor | None]:
        """σ from 0 (the picture) to 1 (noise), fp64 (n,), for latents of `size` (h, w); weights of the loss, (n,)."""
        sampling = flow.sampling or self.sampling
        if sampling in ("uniform", "weighted"):
            sigmas = torch.rand(count, generator=source, dtype=torch.float64)
            return sigmas, bell(sigmas) if sampling == "weighted" else None
        normal = torch.randn(count, generator=source, dtype=torch.float64)
        sigmas = (flow.sigmoid_scale * normal).sigmoid()
        if sampling == "shift":
            sigmas = shifted(sigmas, flow.shift or self.shift)
        elif sampling == "flux_shift":
            sigmas = shifted(sigmas, exp(flux_mu(self.tokens(size))))
        return sigmas, None

    def tokens(self, size: tuple[int, int]) -> int:
        """That latents of (h, w) are packed into."""
        height, width = size
        return -(-height // self.patch) * -(-width // self.patch)


def shifted(sigmas: Tensor, k: float) -> Tensor:
    """kσ / (1 + (k - 1)σ): the same noise for k² as many pixels (Esser et al. 2024, arXiv 2403.03206, equation 23)."""
    return k * sigmas / (1 + (k - 1) * sigmas)


def flux_mu(tokens: int) -> float:
    """The exponent of FLUX.1's shift: straight from 0.5 at 256 packed tokens to 1.15 at 4096, and on beyond them."""
    slope = (_MOST_MU - _LEAST_MU) / (_MOST_TOKENS - _LEAST_TOKENS)
    return _LEAST_MU + slope * (tokens - _LEAST_TOKENS)


def bell(sigmas: Tensor) -> Tensor:
    """How much a picture counts where σ is uniform: 0.672 + 0.776 exp(-½((σ - 0.84) / 0.22)²), of mean 1.

    Least squares on the table that ai-toolkit's "weighted" reads (27a03a91), whose values go from 0.45 at the picture
    over 0.72 at σ = 0.25 to 1.52 at 0.88 and 0.91 at noise: it differs from them by 0.066 (root of the mean square),
    and by at most 0.09 for σ from 0.05 to 0.95.
    """
    return 0.672 + 0.776 * (-0.5 * ((sigmas - 0.84) / 0.22).square()).exp()
