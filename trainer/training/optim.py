"""Any optimizer over one flat buffer of weights: clip, step, and a state that is nothing but tensors."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from ..recipe.optim import Optim
from .optimizers import build_optimizer

_GROUP = "group."
_NUMBERS = {int: torch.int64, float: torch.float64}


class FlatOptimizer:
    """An optimizer on parameters that become views of one buffer, as do their gradients.

    A UNet has hundreds of small adapter matrices: one buffer makes the norm, the update and the state one tensor each.
    8-bit states are quantised in blocks of 256 weights along it. Only Adafactor sees the matrices one by one, because
    it keeps a row and a column of each.
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
        self._parts = list(parameters) if optim.optimizer == "adafactor" else [self.flat]
        self.inner = build_optimizer(optim, self._parts)
        self._averages = hasattr(self.inner, "eval")
        if self._averages:
            self.inner.train()

    def gradient_norm(self) -> Tensor:
        assert self.flat.grad is not None
        return self.flat.grad.square().sum().sqrt()

    def step(self, lr: float, norm: Tensor) -> None:
        """One update at `lr` with gradients of norm `norm` clipped, then zeroed."""
        assert self.flat.grad is not None
        self.flat.grad.mul_((self._optim.grad_clip / (norm + 1e-6)).clamp(max=1.0))
        self.inner.param_groups[0]["lr"] = lr
        self.inner.step()
        self.flat.grad.zero_()

    @contextmanager
    def at_rest(self) -> Generator[None]:
        """Inside, the weights are those to save, draw and measure with: schedule-free training's are a running mean.

        Defazio et al. 2024, algorithm 1: gradients are taken at y, the result is x.
        """
        if not self._averages:
            yield
            return
        # The library's way from y to x and back rounds, and a run that was measured more often would end elsewhere.
        training = self.flat.data.clone()
        self.inner.eval()
        try:
            yield
        finally:
            self.inner.train()
            self.flat.data.copy_(training)

    def tensors(self) -> dict[str, Tensor]:
        """Weights as they train, each part's state (part 0 without its number) and the group's numbers, 0-d."""
        kept: dict[str, Tensor] = {"weights": self.flat.data}
        for number, part in enumerate(self._parts):
            mark = f"{number}." if number else ""
            state: dict[str, Any] = self.inner.state.get(part, {})
            kept.update({mark + name: _as_tensor(value) for name, value in state.items()})
        for name, value in self.inner.param_groups[0].items():
            if type(value) in _NUMBERS:
                kept[_GROUP + name] = _as_tensor(value)
        return kept

    def restore(self, tensors: Mapping[str, Tensor], updates: int) -> None:
        """Continue as if `updates` steps had been made here."""
        self.flat.data.copy_(tensors["weights"])
        if not updates:
            return
        states: list[dict[str, Any]] = [{} for _ in self._parts]
        for key, tensor in tensors.items():
            if key.startswith(_GROUP):
                self.inner.param_groups[0][key.removeprefix(_GROUP)] = tensor.item()
            elif key != "weights":
                number, dot, name = key.rpartition(".")
                states[int(number) if dot else 0][name] = _as_kept(tensor, self.flat.device)
        if self._optim.optimizer == "adamw":
            # Older states leave the count to the step that they were saved at.
            states[0].setdefault("step", torch.tensor(float(updates)))
        for part, state in zip(self._parts, states, strict=True):
            self.inner.state[part] = state


def _as_tensor(value: Any) -> Tensor:
    return value if isinstance(value, Tensor) else torch.tensor(value, dtype=_NUMBERS[type(value)])


def _as_kept(tensor: Tensor, device: torch.device) -> Any:
    """What the optimizer held: a Python number where the type is one, else a tensor; single ones stay on the CPU."""
    if tensor.dim():
        return tensor.to(device).clone()
    return tensor.item() if tensor.dtype in _NUMBERS.values() else tensor.clone()
