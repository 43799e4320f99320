"""AdamW over one flat buffer, and the learning rate of every step."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ..recipe.recipe import Optim, Schedule


def lr_at(update: int, optim: Optim, schedule: Schedule) -> float:
    """Learning rate of update 0, 1, …: a linear rise over `warmup` updates, then the curve down to 0 or flat."""
    if update < schedule.warmup:
        return optim.lr * (update + 1) / (schedule.warmup + 1)
    if schedule.curve == "constant":
        return optim.lr
    progress = (update - schedule.warmup) / (schedule.steps - schedule.warmup)
    return optim.lr * 0.5 * (1 + math.cos(math.pi * progress))


class FlatAdamW:
    """AdamW on parameters that become views of one buffer, as do their gradients.

    A UNet has hundreds of small adapter matrices: one buffer makes the norm, the update and the state one tensor each.
    """

    def __init__(self, parameters: Sequence[torch.nn.Parameter], optim: Optim) -> None:
        self._optim = optim
        self.flat = torch.nn.Parameter(torch.cat([p.detach().reshape(-1) for p in parameters]))
        self.flat.grad = torch.zeros_like(self.flat)
        start = 0
        for parameter in parameters:
            end = start + parameter.numel()
            parameter.data = self.flat.data[start:end].view_as(parameter)
            parameter.grad = self.flat.grad[start:end].view_as(parameter)
            start = end
        betas = (optim.beta1, optim.beta2)
        self._adamw: Any = torch.optim.AdamW(
            [self.flat], lr=optim.lr, betas=betas, weight_decay=optim.weight_decay, foreach=False
        )

    def gradient_norm(self) -> Tensor:
        assert self.flat.grad is not None
        return self.flat.grad.square().sum().sqrt()

    def step(self, lr: float, norm: Tensor) -> None:
        """One update at `lr` with gradients of norm `norm` clipped, then zeroed."""
        assert self.flat.grad is not None
        self.flat.grad.mul_((self._optim.grad_clip / (norm + 1e-6)).clamp(max=1.0))
        self._adamw.param_groups[0]["lr"] = lr
        self._adamw.step()
        self.flat.grad.zero_()

    def tensors(self) -> dict[str, Tensor]:
        """Weights and both moments, flat; empty moments before the first step."""
        state = self._adamw.state[self.flat]
        zeros = torch.zeros_like(self.flat.data)
        return {
            "weights": self.flat.data,
            "exp_avg": state.get("exp_avg", zeros),
            "exp_avg_sq": state.get("exp_avg_sq", zeros),
        }

    def restore(self, tensors: dict[str, Tensor], updates: int) -> None:
        """Continue as if `updates` steps had been made here."""
        self.flat.data.copy_(tensors["weights"])
        if updates:
            moments = {name: tensors[name].to(self.flat.device).clone() for name in ("exp_avg", "exp_avg_sq")}
            self._adamw.state[self.flat] = {"step": torch.tensor(float(updates)), **moments}
