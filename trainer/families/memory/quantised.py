"""Frozen linear layers whose weights rest in 4 or 8 bits and are unpacked for each use."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..layer_names import modules_by_name
from .opaque import packed_product
from .packing import PACKINGS, check_packing
from .rotation import rotation_of
from .w8a8 import W8A8, Multiplied, can_multiply


class QuantisedLinear(torch.nn.Linear):
    """y = x Wᵀ + b with W unpacked into the input's precision, in the backward pass anew: nothing of x is kept. W8A8
    multiplies it packed, where x has the rows for it.

    `weight` holds the packed bytes as int8, so that whoever looks at it sees that it is no matrix of numbers.
    """

    def __init__(self, linear: torch.nn.Linear, kind: str) -> None:
        plain: Any = torch.nn.Linear
        plain.__init__(self, linear.in_features, linear.out_features, bias=False, device="meta")
        self.kind = kind
        self.dtype = linear.weight.dtype
        packed = PACKINGS[kind].pack(linear.weight.detach())
        self.weight = torch.nn.Parameter(packed.pop("weight"), requires_grad=False)
        self._names = tuple(packed)
        for name, tensor in packed.items():
            self.register_buffer(name, tensor)
        self.bias = linear.bias
        # One for all layers of a width, on the device where they work, and none of their own that would be moved.
        self.turn = rotation_of(self.in_features, self.dtype, self.weight.device) if kind == W8A8 else None

    def dense(self, dtype: torch.dtype | None = None) -> Tensor:
        """W, (out, in), in `dtype` or the precision that it came in."""
        packed = {"weight": self.weight.data, **{name: self.get_buffer(name) for name in self._names}}
        with torch.no_grad():
            return PACKINGS[self.kind].unpack(packed, (self.out_features, self.in_features), dtype or self.dtype)

    def forward(self, input: Tensor) -> Tensor:
        if self.kind == W8A8 and can_multiply(input, self.weight):
            function: Any = Multiplied
        elif torch.compiler.is_compiling():
            parts = [self.get_buffer(name) for name in self._names]
            names = ",".join(self._names)
            return packed_product(input, self.weight, parts, self.bias, self.kind, names, self.out_features)
        else:
            function = _Applied
        return function.apply(input, self)


class _Applied(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, layer: QuantisedLinear) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx.layer = layer
        return F.linear(x, layer.dense(x.dtype), layer.bias)

    @staticmethod
    def backward(ctx: Any, gradient: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        return gradient @ ctx.layer.dense(gradient.dtype), None


def quantise(block: torch.nn.Module, kind: str, device: torch.device) -> None:
    """Every plain linear layer of a block gives its place to its packed self, packed on `device`."""
    linears = [(name, module) for name, module in modules_by_name(block) if type(module) is torch.nn.Linear]
    for name, linear in linears:
        block.set_submodule(name, QuantisedLinear(linear.to(device), kind))


def packing_on(kind: str, device: torch.device) -> Callable[[str, torch.nn.Module], None] | None:
    """What packs each block of an encoder when it has arrived; None where nothing is to be packed.

    RecipeError when what that needs is missing.
    """
    if kind == "none":
        return None
    check_packing(kind)

    def arrived(name: str, block: torch.nn.Module) -> None:
        if name:
            quantise(block, kind, device)

    return arrived
