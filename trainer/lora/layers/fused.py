"""A linear layer with its LoRA as one node of the graph of gradients, in place of nine.

y = W x + b + s B (A x), Hu et al. 2021, arXiv 2106.09685, equation 3. With g the gradient of y: that of B is s gᵀ(A x),
of A (s Bᵀ g)ᵀ x, of x Wᵀ g + Aᵀ(s Bᵀ g).
"""

from typing import Any

import torch
from torch import Tensor

from ...runtime.linear import linear


def fused_lora(
    x: Tensor, frozen: torch.nn.Linear, down: torch.nn.Parameter, up: torch.nn.Parameter, scale: float
) -> Tensor:
    """`x` (…, in) through a frozen layer and its LoRA, A `down` (rank, in) and B `up` (out, rank), in x's precision."""
    function: Any = _FusedLora
    return function.apply(x, frozen.weight, frozen.bias, down, up, scale)


class _FusedLora(torch.autograd.Function):
    """Keeps x once and A x, which is thin; whatever is added is added in place."""

    @staticmethod
    def forward(  # type: ignore[override]  # noqa: PLR0913
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, down: Tensor, up: Tensor, scale: float
    ) -> Tensor:
        rows = x.reshape(-1, x.shape[-1])
        # The small matrices are cast to the input's precision; casting the input up would keep a copy of it.
        thin = linear(rows, down.to(x.dtype))
        answer = linear(rows, weight, bias)
        answer.addmm_(thin, up.to(x.dtype).t(), alpha=scale)
        ctx.save_for_backward(rows, thin, weight, down, up)
        ctx.scale, ctx.shape = scale, x.shape
        return answer.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        rows, thin, weight, down, up = ctx.saved_tensors
        wants_x, _, _, wants_down, wants_up, _ = ctx.needs_input_grad
        wide = gradient.reshape(-1, gradient.shape[-1])
        of_x = of_down = of_up = None
        if wants_up:
            of_up = (wide.t() @ thin).to(up.dtype).mul_(ctx.scale)
        if wants_x or wants_down:
            inner = linear(wide, up.to(wide.dtype).t()).mul_(ctx.scale)
            if wants_down:
                of_down = (inner.t() @ rows).to(down.dtype)
            if wants_x:
                of_x = linear(wide, weight.t())
                of_x = of_x.addmm_(inner, down.to(wide.dtype)).view(ctx.shape)
        return of_x, None, None, of_down, of_up, None
