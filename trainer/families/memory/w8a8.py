"""Products in 8 bits, weights and activations both (W8A8): four times the rate of bf16 on GPUs for players.

y = x Wᵀ with W's rows on one scale each: x is rounded row by row to int8 as it comes, the product is whole numbers, and
both scales multiply that. In the backward pass W's rows are summed over, so that their scales have to multiply the
gradient before it is rounded: ∂x = (∂y · s) Q. Nothing of x is kept, and no weight is unpacked.
"""

from typing import Any, Protocol

import torch
from torch import Tensor

from .rotation import rotated

W8A8 = "int8_w8a8"
_MOST = 127.0
_ROWS, _SIDES = 16, 16
"""CUDA's product of int8 wants more rows than that, and sides that this divides."""
_AT_ONCE = 2**23
"""Numbers of a product that are there in 32 bits at once."""
_TURING = (7, 5)
"""The first NVIDIA GPUs that multiply int8."""


class PackedLayer(Protocol):
    """A frozen layer of W8A8: `weight` int8 (out, in), rotated by `turn` where there is one."""

    weight: Any
    bias: Any
    turn: Tensor | None

    @property
    def scales(self) -> Tensor:
        """(out, 1), fp32."""
        ...


def can_multiply(x: Tensor, weight: Tensor) -> bool:
    """Whether the device of `x`, (…, in), multiplies it with an int8 weight of (out, in); few rows gain nothing."""
    outputs, inputs = weight.shape
    if x.numel() // inputs <= _ROWS or inputs % _SIDES or outputs % _SIDES:
        return False
    # A plan on the meta device counts what a GPU would do.
    return x.device.type in ("cpu", "meta") or (x.is_cuda and torch.cuda.get_device_capability(x.device) >= _TURING)


class Multiplied(torch.autograd.Function):
    """`apply(x, layer)` is the layer's answer to `x`, (…, in), whose own gradient is the only one."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, layer: PackedLayer) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx.layer = layer
        flat = _turned(x.reshape(-1, x.shape[-1]), layer.turn)
        answer = _product(flat, layer.weight.t(), after=layer.scales.view(1, -1), bias=layer.bias)
        return answer.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, gradient: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        layer: PackedLayer = ctx.layer
        weight: Tensor = layer.weight
        # CUDA's product wants the second matrix by columns.
        columns = weight.t().contiguous().t() if weight.is_cuda else weight
        flat = gradient.reshape(-1, gradient.shape[-1])
        through = _turned(_product(flat, columns, before=layer.scales.view(1, -1)), layer.turn)
        return through.view(*gradient.shape[:-1], -1), None


def _turned(x: Tensor, turn: Tensor | None) -> Tensor:
    return x if turn is None else rotated(x, turn.to(x.dtype))


def _product(
    x: Tensor,
    numbers: Tensor,
    *,
    before: Tensor | None = None,
    after: Tensor | None = None,
    bias: Tensor | None = None,
) -> Tensor:
    """`x`, (m, k), rounded row by row, times int8 `numbers`, (k, n), in the precision of `x`. Columns of x are
    multiplied `before`, (1, k), those of the product `after`, (1, n), where it is fp32 still."""
    if x.shape[0] * max(numbers.shape) <= _AT_ONCE:
        return _piece(x, numbers, before, after, bias)
    made = x.new_empty(x.shape[0], numbers.shape[1])
    # Of nearly equal size: a rest could have too few rows.
    count = -(-x.shape[0] * max(numbers.shape) // _AT_ONCE)
    for piece, place in zip(x.tensor_split(count), made.tensor_split(count), strict=True):
        place.copy_(_piece(piece, numbers, before, after, bias))
    return made


def _piece(x: Tensor, numbers: Tensor, before: Tensor | None, after: Tensor | None, bias: Tensor | None) -> Tensor:
    wide = x if before is None else x * before
    steps = wide.abs().amax(1, keepdim=True).float().clamp(min=torch.finfo(torch.float32).tiny) / _MOST
    library: Any = torch
    whole: Tensor = library._int_mm((wide / steps).round_().to(torch.int8), numbers)
    product = whole * steps
    if after is not None:
        product.mul_(after)
    if bias is not None:
        product.add_(bias)
    return product.to(x.dtype)
