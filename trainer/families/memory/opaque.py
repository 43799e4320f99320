"""A packed layer's product as one operation that a compiler does not look into.

What a compiler sees it shares between the two passes: the unpacked weight would be kept from the forward pass for the
backward one, and nothing would be saved by packing.
"""

import re
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from .packing import PACKINGS

_SPACE = "likeness_" + re.sub(r"\W", "_", __name__.partition(".")[0])
"""Of its name in torch, one for each copy of this module in a process; the host names packages by their folders."""


def _unpacked(
    weight: Tensor, parts: Sequence[Tensor], kind: str, names: str, size: tuple[int, int], like: Tensor
) -> Tensor:
    packed = {"weight": weight, **dict(zip(names.split(","), parts, strict=True))}
    return PACKINGS[kind].unpack(packed, size, like.dtype)


def _forward(  # noqa: PLR0913
    x: Tensor, weight: Tensor, parts: Sequence[Tensor], bias: Tensor | None, kind: str, names: str, outputs: int
) -> Tensor:
    return F.linear(x, _unpacked(weight, parts, kind, names, (outputs, x.shape[-1]), x), bias)


def _forward_shape(  # noqa: PLR0913
    x: Tensor, weight: Tensor, parts: Sequence[Tensor], bias: Tensor | None, kind: str, names: str, outputs: int
) -> Tensor:
    return x.new_empty(*x.shape[:-1], outputs)


def _backward(gradient: Tensor, weight: Tensor, parts: Sequence[Tensor], kind: str, names: str, inputs: int) -> Tensor:
    return gradient @ _unpacked(weight, parts, kind, names, (gradient.shape[-1], inputs), gradient)


def _backward_shape(
    gradient: Tensor, weight: Tensor, parts: Sequence[Tensor], kind: str, names: str, inputs: int
) -> Tensor:
    return gradient.new_empty(*gradient.shape[:-1], inputs)


def _keep(ctx: Any, inputs: Any, output: Tensor) -> None:
    x, weight, parts, _, ctx.kind, ctx.names, _ = inputs
    ctx.inputs = x.shape[-1]
    ctx.save_for_backward(weight, *parts)


def _through(ctx: Any, gradient: Tensor) -> tuple[Tensor | list[None] | None, ...]:
    weight, *parts = ctx.saved_tensors
    of_x = _packed_backward(gradient, weight, parts, ctx.kind, ctx.names, ctx.inputs)
    return of_x, None, [None] * len(parts), None, None, None, None


_library: Any = torch.library
_packed_backward: Any = _library.custom_op(f"{_SPACE}::packed_product_backward", _backward, mutates_args=())
_packed_backward.register_fake(_backward_shape)
packed_product: Any = _library.custom_op(f"{_SPACE}::packed_product", _forward, mutates_args=())
"""Of x (…, in), the packed weight, its other `parts`, whose `names` are joined by commas, the bias, the packing's kind
and the number of outputs."""
packed_product.register_fake(_forward_shape)
packed_product.register_autograd(_through, setup_context=_keep)
