"""A region on the grid of a layer's image tokens."""

import torch
from torch import Tensor
from torch.nn import functional

from ...errors import ModelError


def on_grid(mask: Tensor, grid: tuple[int, int]) -> Tensor:
    """A mask (h, w) or (b, h, w) of any size, 0 to 1, as (b, rows·columns): the mean of what each token covers.

    ModelError for another shape, an empty mask, and values that are no numbers.
    """
    mask = mask.float()
    if mask.ndim not in (2, 3) or not mask.numel():
        raise ModelError(
            f"A mask has height and width, and may be several; this one has the shape {tuple(mask.shape)}."
        )
    if not bool(torch.isfinite(mask).all()):
        raise ModelError("The mask of the adapter holds values that are no numbers. Draw it again.")
    stacked = mask.clamp(0, 1).reshape(-1, 1, *mask.shape[-2:])
    return functional.adaptive_avg_pool2d(stacked, grid).flatten(1)
