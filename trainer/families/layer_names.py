"""Layers of a model by name, whatever adapters stand around them."""

import re
from collections.abc import Iterable
from typing import Any

import torch


def layer_names(model: Any, kinds: tuple[type, ...]) -> list[str]:
    """Names of the model's layers of these kinds, its own names where adapters wrap them."""
    # A wrapped layer hides behind `.base_layer`, and its adapter's own layers are below its own name.
    named: Iterable[tuple[str, torch.nn.Module]] = model.named_modules()
    wrapped: list[str] = []
    found: list[str] = []
    for name, layer in named:
        while wrapped and not name.startswith(wrapped[-1]):
            wrapped.pop()
        own = re.sub(r"(\.base_layer)+$", "", name)
        is_inside = own == name and wrapped
        if hasattr(layer, "base_layer"):
            wrapped.append(f"{name}.")
        if isinstance(layer, kinds) and not is_inside:
            found.append(own)
    return found


def modules_by_name(model: Any) -> Iterable[tuple[str, torch.nn.Module]]:
    """All modules of a model, itself the first under ""."""
    return model.named_modules()
