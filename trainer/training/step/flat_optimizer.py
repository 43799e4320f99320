"""Any optimizer over flat buffers of weights: clip, step, average, and a state that is nothing but tensors."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from ...recipe.optim import Optim
from .optimizers import build_optimizer

_GROUP, _WEIGHTS, _EMA, _UPDATES = "group.", "weights", "ema", "updates"
_NUMBERS = {int: torch.int64, float: torch.float64}


class FlatOptimizer:
    """An optimizer on groups of parameters, each of which becomes views of one buffer, as do its gradients.

    A UNet has hundreds of small adapter matrices: one buffer makes the norm, the update and the state one tensor each.
    8-bit states are quantised in blocks of 256 weights along it. Only Adafactor sees the matrices one by one, because
    it keeps a row and a column of each.
    """

    def __init__(self, groups: Sequence[Sequence[torch.nn.Parameter]], optim: Optim) -> None:
        self._optim = optim
        self.flats = [_flattened(group) for group in groups]
        parts = [list(group) for group in groups] if optim.optimizer == "adafactor" else [[flat] for flat in self.flats]
        self.inner = build_optimizer(optim, parts)
        self._parts = [part for group in parts for part in group]
        self._ema = [flat.detach().clone() for flat in self.flats] if optim.ema_decay else []
        self._updates = 0
        self._averages = hasattr(self.inner, "eval")
        if self._averages:
            self.inner.train()

    def gradients(self) -> list[Tensor]:
        """One flat tensor a group."""
        return [_gradient(flat) for flat in self.flats]

    def gradient_norm(self) -> Tensor:
        """Of all groups together, 0-d."""
        return torch.stack([gradient.square().sum() for gradient in self.gradients()]).sum().sqrt()

    def scale_gradients(self, factor: float | Tensor) -> None:
        if isinstance(factor, float) and factor == 1.0:
            return
        for gradient in self.gradients():
            gradient.mul_(factor)

    def step(self, lrs: Sequence[float], norm: Tensor) -> None:
        """One update, a learning rate a group, with gradients of norm `norm` clipped, then zeroed."""
        self.scale_gradients((self._optim.grad_clip / (norm + 1e-6)).clamp(max=1.0))
        for group, lr in zip(self.inner.param_groups, lrs, strict=True):
            group["lr"] = lr
        self.inner.step()
        self.forget_gradients()
        self._updates += 1
        for mean, flat in zip(self._ema, self.flats, strict=bool(self._ema)):
            mean.lerp_(flat.data, 1 - self._decay())

    def forget_gradients(self) -> None:
        for gradient in self.gradients():
            gradient.zero_()

    def _decay(self) -> float:
        """Lower in the first updates, (1 + n) / (10 + n), or the start at nothing would linger."""
        return min(self._optim.ema_decay, (1 + self._updates) / (10 + self._updates))

    @contextmanager
    def eval_weights(self) -> Generator[None]:
        """Inside, the weights are those to save, draw and measure with: a running mean, where the recipe has one.

        Schedule-free training takes its gradients at y, and its result is x (Defazio et al. 2024, algorithm 1).
        """
        if not self._averages and not self._ema:
            yield
            return
        # The library's way from y to x and back rounds, and a run that was measured more often would end elsewhere.
        training = [flat.data.clone() for flat in self.flats]
        if self._averages:
            self.inner.eval()
        for mean, flat in zip(self._ema, self.flats, strict=bool(self._ema)):
            flat.data.copy_(mean)
        try:
            yield
        finally:
            if self._averages:
                self.inner.train()
            for kept, flat in zip(training, self.flats, strict=True):
                flat.data.copy_(kept)

    def tensors(self) -> dict[str, Tensor]:
        """Weights as they train and their means, each part's state, and each group's numbers, 0-d."""
        kept: dict[str, Tensor] = {f"{number}.{_WEIGHTS}": flat.data for number, flat in enumerate(self.flats)}
        kept |= {f"{number}.{_EMA}": mean for number, mean in enumerate(self._ema)}
        if self._ema:
            kept[f"0.{_UPDATES}"] = torch.tensor(self._updates)
        for number, part in enumerate(self._parts):
            state: dict[str, Any] = self.inner.state.get(part, {})
            kept.update({f"{number}.state.{name}": _as_tensor(value) for name, value in state.items()})
        for number, group in enumerate(self.inner.param_groups):
            for name, value in group.items():
                if type(value) in _NUMBERS:
                    kept[f"{number}.{_GROUP}{name}"] = _as_tensor(value)
        return kept

    def restore(self, tensors: Mapping[str, Tensor], updates: int) -> None:
        """Continue as if `updates` steps had been made here; some may have been left out, which a mean knows of."""
        self._updates = updates
        states: list[dict[str, Any]] = [{} for _ in self._parts]
        for key, tensor in tensors.items():
            number, _, name = key.partition(".")
            if name == _WEIGHTS:
                self.flats[int(number)].data.copy_(tensor)
            elif name == _EMA:
                self._ema[int(number)].copy_(tensor)
            elif name == _UPDATES:
                self._updates = int(tensor)
            elif name.startswith(_GROUP):
                self.inner.param_groups[int(number)][name.removeprefix(_GROUP)] = tensor.item()
            else:
                device = self.flats[0].device
                # A fused optimizer counts its steps on the device.
                kept = tensor.to(device).clone() if self.inner.defaults.get("fused") else _as_kept(tensor, device)
                states[int(number)][name.removeprefix("state.")] = kept
        if updates:
            for part, state in zip(self._parts, states, strict=True):
                self.inner.state[part] = state


def _flattened(parameters: Sequence[torch.nn.Parameter]) -> torch.nn.Parameter:
    """One buffer and one gradient that the parameters and theirs become views of."""
    flat = torch.nn.Parameter(torch.cat([parameter.detach().reshape(-1) for parameter in parameters]))
    flat.grad = torch.zeros_like(flat)
    start = 0
    for parameter in parameters:
        end = start + parameter.numel()
        parameter.data = flat.data[start:end].view_as(parameter)
        parameter.grad = flat.grad[start:end].view_as(parameter)
        start = end
    return flat


def _gradient(flat: torch.nn.Parameter) -> Tensor:
    assert flat.grad is not None
    return flat.grad


def _as_tensor(value: Any) -> Tensor:
    return value if isinstance(value, Tensor) else torch.tensor(value, dtype=_NUMBERS[type(value)])


def _as_kept(tensor: Tensor, device: torch.device) -> Any:
    """What the optimizer held: a Python number where the type is one, else a tensor; single ones stay on the CPU."""
    if tensor.dim():
        return tensor.to(device).clone()
    return tensor.item() if tensor.dtype in _NUMBERS.values() else tensor.clone()
