"""Layers that read nothing but the time and what stands beside it, evaluated off the device.

More than a quarter of FLUX.1's weights (3.2 of 11.9 billion) are linear layers that make scales and shifts for each
block from one row a picture: 6 GiB on the device for a few numbers. Where they learn nothing they rest in the
computer's memory, and its processor multiplies them once a step; their answers alone travel (2 MB a picture in bf16),
in one tensor that takes the place of the row they read, so that blocks that recompute find them again.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..layer_names import modules_by_name


@dataclass(frozen=True, kw_only=True)
class Modulation:
    """Where a denoiser has such layers: `layers`, a regular expression of their names, each of which reads `activation`
    (its sibling's name, a SiLU) of what the module `source` answers; `others` read that answer as their second
    argument."""

    source: str
    layers: str
    activation: str
    others: tuple[str, ...]
    targets: tuple[str, ...]
    """Of a recipe's `lora.targets`, those that let them learn."""

    def has(self, name: str) -> bool:
        """Whether the layer of that name is one of them."""
        return re.fullmatch(self.layers, name) is not None


class RestingLinear(torch.nn.Linear):
    """A linear layer that was evaluated already: of what it is told, its answer are the columns from `start`."""

    def __init__(self, linear: torch.nn.Linear) -> None:
        plain: Any = torch.nn.Linear
        plain.__init__(self, linear.in_features, linear.out_features, bias=False, device="meta")
        self.weight, self.bias = linear.weight, linear.bias
        self.start = 0

    def forward(self, input: Tensor) -> Tensor:
        return input[:, self.start : self.start + self.out_features]

    def answer(self, x: Tensor) -> Tensor:
        """What it makes of x, (n, in), off the device."""
        return F.linear(x, self.weight, self.bias)


def rest_modulation(block: torch.nn.Module, block_name: str, modulation: Modulation) -> None:
    """Every such layer of a block, and nothing in the place of the activation before it: that comes in `precompute`."""
    names = [name for name, _ in modules_by_name(block) if modulation.has(f"{block_name}.{name}")]
    for name in names:
        linear: Any = block.get_submodule(name)
        block.set_submodule(name, RestingLinear(linear))
        parent = block.get_submodule(name.rpartition(".")[0])
        setattr(parent, modulation.activation, torch.nn.Identity())


def precompute(denoiser: torch.nn.Module, layers: Sequence[RestingLinear], modulation: Modulation) -> None:
    """Let `source` answer with the answers of all layers behind its own."""
    width = layers[0].in_features
    start = width
    for layer in layers:
        layer.start = start
        start += layer.out_features

    def widened(_module: torch.nn.Module, _inputs: Any, row: Tensor) -> Tensor:
        with torch.no_grad():
            read = F.silu(row).to(layers[0].weight.device)
            answers = torch.cat([layer.answer(read) for layer in layers], dim=1)
            return torch.cat([row, answers.to(row.device)], dim=1)

    def narrowed(_module: torch.nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        return inputs[0], inputs[1][:, :width], *inputs[2:]

    denoiser.get_submodule(modulation.source).register_forward_hook(widened)
    for name in modulation.others:
        denoiser.get_submodule(name).register_forward_pre_hook(narrowed)
