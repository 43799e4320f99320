"""Weights that no training can make anything of."""

import math

import torch

from ..errors import ModelError


def refuse_broken(tensor: torch.Tensor, name: str, what: str, key: str, dtype: torch.dtype) -> None:
    """ModelError when a base's tensor holds NaN or infinity, or would in `dtype`: pictures are not to blame for it."""
    if not tensor.numel() or not tensor.is_floating_point():
        return
    # One pass over the weights; torch finds no ends of fp8.
    low, high = (float(end) for end in (tensor if tensor.itemsize > 1 else tensor.float()).aminmax())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ModelError(f"The {what} in {name} is broken: {key} holds NaN or infinity. Get the file again.")
    if max(-low, high) > torch.finfo(dtype).max:
        raise ModelError(f"The {what} in {name} is too large for fp16 in {key}. Choose precision bf16.")
