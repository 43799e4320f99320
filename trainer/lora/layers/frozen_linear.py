"""Linear layers that never learn: what they keep for the backward pass is their weight alone."""

from typing import Any

import torch
from torch import Tensor

from ...runtime.linear import is_by_onednn, linear


class FrozenLinear(torch.nn.Linear):
    """y = W x + b with W and b fixed, through the fast product of this processor."""

    def forward(self, input: Tensor) -> Tensor:
        # A compiler makes its own choice, and other devices have one way alone.
        if torch.compiler.is_compiling() or not is_by_onednn(input):
            return super().forward(input)
        if not (input.requires_grad and torch.is_grad_enabled()):
            return linear(input, self.weight, self.bias)
        function: Any = _Product
        return function.apply(input, self.weight, self.bias)


def freeze_linears(model: torch.nn.Module) -> None:
    """Make every plain linear layer of a frozen model one of these, in place; others keep their ways."""
    for module in model.modules():
        if type(module) is torch.nn.Linear and not any(weight.requires_grad for weight in module.parameters()):
            module.__class__ = FrozenLinear


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:  # type: ignore[override]
        ctx.save_for_backward(weight)
        return linear(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:  # type: ignore[override]
        (weight,) = ctx.saved_tensors
        return linear(gradient, weight.t()), None, None
