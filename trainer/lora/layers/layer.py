"""What every kind of adapter layer has in common: a frozen layer inside, a learned change beside it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

DOWN, UP, ALPHA = ".lora_down.weight", ".lora_up.weight", ".alpha"


@dataclass
class Switch:
    """What all layers of one adapter look at: whether they speak, how loud, and which ranks do for each picture.

    `ranks` is (n, rank), ones and zeros, where the recipe lets ranks depend on the timestep.
    """

    is_on: bool = True
    strength: float = 1.0
    ranks: Tensor | None = None


class AdapterLayer(torch.nn.Module, ABC):
    """A frozen linear or convolution as `base_layer`, with a change of its weights that starts at nothing."""

    def __init__(self, base_layer: torch.nn.Module, scale: float, switch: Switch) -> None:
        super().__init__()
        self.base_layer = base_layer
        self.scale = scale
        self.switch = switch

    @property
    def weight(self) -> Tensor:
        """The frozen weight: callers ask a layer for its device and precision."""
        base: Any = self.base_layer
        return base.weight

    def forward(self, x: Tensor) -> Tensor:
        if not self.switch.is_on:
            return self.base_layer(x)
        return self.changed(x)

    @abstractmethod
    def changed(self, x: Tensor) -> Tensor:
        """The layer's answer with `strength` × its change."""

    @abstractmethod
    def start(self, source: torch.Generator) -> None:
        """Draw the weights anew, on the CPU first: the same seed then starts the same adapter on any device."""

    @abstractmethod
    def square_norm(self) -> Tensor:
        """Squared Frobenius norm of the change of the frozen weight, 0-d, with gradient."""

    @abstractmethod
    def saved(self) -> Mapping[str, Tensor]:
        """Tensors by suffix, as files hold them, on whatever device they train."""

    @abstractmethod
    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Begin with a file's tensors by suffix; ValueError says in what they do not fit."""


def drawn(like: Tensor, source: torch.Generator) -> Tensor:
    """Kaiming-uniform with a = √5, as kohya and peft start A."""
    made = torch.nn.init.kaiming_uniform_(torch.empty(like.shape), a=5**0.5, generator=source)
    return made.to(like.device)


def applied(base: torch.nn.Module, x: Tensor, weight: Tensor) -> Tensor:
    """`x` through `weight` in the way of `base`, without a bias."""
    if isinstance(base, torch.nn.Conv2d):
        convolve: Any = F.conv2d
        return convolve(x, weight, None, base.stride, base.padding, base.dilation)
    return F.linear(x, weight)
