"""Rotations of a layer's inputs in groups, which spread what stands out in one of them over all of its group.

Rounding to 8 bits then costs little whatever the inputs are; a weight that is rotated in the same way answers the same
(QuaRot, Ashkboos et al. 2024). The matrix is ComfyUI's "ConvRot": symmetric, so that it is its own inverse.
"""

import math
from functools import cache

import torch
from torch import Tensor

_GROUPS = (256, 64, 16)
"""Inputs that are rotated together, the most that divide a layer's width."""


def is_group(group: int, width: int) -> bool:
    """Whether inputs of this width can be rotated in groups of that size."""
    return group >= 4 and math.log(group, 4).is_integer() and width % group == 0


def group_of(width: int) -> int:
    """How many of a layer's inputs we rotate together; 0 where none of our sizes divides the width."""
    return next((group for group in _GROUPS if width % group == 0), 0)


@cache
@torch.inference_mode(False)
def rotation(size: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """The normalised Kronecker power of the regular Hadamard matrix of 4: every row has the same sum, and every number,
    ± a power of 2, is exact in every precision."""
    block = 1 - 2 * torch.eye(4).flip(1)
    whole = torch.ones(1, 1)
    while len(whole) < size:
        whole = torch.kron(whole, block)
    return (whole / size**0.5).to(device, dtype)


def rotation_of(width: int, dtype: torch.dtype, device: torch.device) -> Tensor | None:
    """What a layer with inputs of this width is rotated by; None where it is not."""
    group = group_of(width)
    return rotation(group, dtype, device) if group else None


def rotated(x: Tensor, turn: Tensor) -> Tensor:
    """`x`, (n, in), each group of whose inputs is multiplied by `turn`, (group, group); once more takes it back."""
    grouped: Tensor = x.reshape(len(x), -1, len(turn))
    return (grouped @ turn).flatten(1)
