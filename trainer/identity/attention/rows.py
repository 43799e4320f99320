"""Which tokens each row of a batch reads."""

from functools import lru_cache

import torch
from torch import Tensor

from ..adapter import Rows


@lru_cache(maxsize=64)
def sources(rows: Rows, counts: tuple[int, int], device: torch.device) -> Tensor:
    """For each row, its place in a stack of `counts` token sets for conditional rows and, after them, for the others.

    A latent has a set of its own where there are several, in turn where there are fewer than latents.
    """
    own, others = counts
    places = [
        latent % own if is_conditional else own + latent % others
        for is_conditional, latent in zip(rows.conditional, rows.latent, strict=True)
    ]
    return torch.tensor(places, device=device)
