"""Random weights and inputs that any machine draws alike, and the few numbers of an output that a golden test keeps."""

import json
from math import prod
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

Shapes = dict[str, tuple[int, ...]]
GOLDENS = Path(__file__).parent / "goldens"


def drawn(shapes: Shapes, seed: int = 7) -> dict[str, Tensor]:
    """Weights that keep activations near 1, in order of name."""
    source = torch.Generator().manual_seed(seed)
    return {name: _weight(name, shapes[name], source) for name in sorted(shapes)}


def noise(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def some_of(output: Tensor, count: int = 24) -> list[float]:
    """Evenly spread values, and the mean of squares, which every value moves."""
    flat = output.detach().double().flatten()
    return [*flat[:: max(1, len(flat) // count)][:count].tolist(), float(flat.square().mean())]


def golden(file: str, name: str) -> Any:
    return json.loads((GOLDENS / file).read_text())[name]


def _weight(name: str, shape: tuple[int, ...], source: torch.Generator) -> Tensor:
    values = torch.randn(shape, generator=source)
    if len(shape) == 1:
        return 1 + 0.1 * values if name.endswith("weight") else 0.1 * values
    return values * prod(shape[1:]) ** -0.5
