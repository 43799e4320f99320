"""Layers that are to learn and cannot: gradients stop before them."""

import torch

from ...lora.adapter import Adapter


def dead_layers(adapter: Adapter, part: str) -> list[str]:
    """Addresses of the part's layers none of whose weights has a gradient; at the start B has one, A has none."""
    layers = [(address, layer.weights()) for address, layer in adapter.layers.items()]
    return [
        address
        for address, weights in layers
        if address.partition(".")[0] == part
        and not any(weight.grad is not None and bool(torch.count_nonzero(weight.grad)) for weight in weights)
    ]
