"""What LoRA layers are called in files: the seam between addresses in a family and the keys of anybody's file.

Tensors of a layer go by kohya's suffix without a dot: `lora_down.weight`, `lora_up.weight`, `alpha`, `lokr_w1`, …
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from ..errors import ModelError

DOWN, UP, ALPHA, DORA = "lora_down.weight", "lora_up.weight", "alpha", "dora_scale"

LayerTensors = Mapping[str, Tensor]
"""One layer's tensors by suffix."""


class KeyLayout(Protocol):
    """How one family's LoRA layers are written and found again."""

    def save(self, layers: Mapping[str, LayerTensors]) -> dict[str, Tensor]:
        """Tensors by the file's keys, of layers by address. Several layers may become one where the host fuses them."""
        ...

    def find(self, prefixes: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        """Addresses that each of a file's `prefixes` stands for; a prefix that the host would not load is left out.

        A fused layer has several, in the order of its rows. No part is loaded that none of the prefixes names.
        """
        ...

    def turned(self, prefix: str, tensors: LayerTensors) -> LayerTensors:
        """A file's layer with its outputs in the model's order, where the host has them in another."""
        ...


def fuse(layers: Sequence[LayerTensors]) -> dict[str, Tensor]:
    """One layer on the same input whose change is those of `layers` one below the other, exactly.

    A is (Σ rank, in), B block-diagonal, (Σ out, Σ rank). ModelError for kinds other than LoRA and DoRA.
    """
    kinds = {frozenset(layer) - {ALPHA} for layer in layers}
    if len(kinds) != 1 or not kinds <= {frozenset({DOWN, UP}), frozenset({DOWN, UP, DORA})}:
        raise ModelError("Only LoRA and DoRA layers can be saved as one fused layer; choose one of these kinds.")
    first = next(layer for layer in layers if len(layer[DOWN]))
    scales = [_scale(layer) if len(layer[DOWN]) else _scale(first) for layer in layers]
    downs = torch.cat([layer[DOWN] for layer in layers])
    # B takes up what differs between the scales; where none does, it stays as it is bit for bit.
    ups = [
        layer[UP] if scale == scales[0] else layer[UP] * (scale / scales[0])
        for layer, scale in zip(layers, scales, strict=True)
    ]
    library: Any = torch
    diagonal: Tensor = library.block_diag(*(up.flatten(1) for up in ups))
    fused = {
        DOWN: downs,
        UP: diagonal.view(*diagonal.shape, *ups[0].shape[2:]),
        ALPHA: torch.tensor(scales[0] * len(downs)),
    }
    return fused | ({DORA: torch.cat([layer[DORA] for layer in layers])} if DORA in layers[0] else {})


def silent(outputs: int, inputs: int) -> dict[str, Tensor]:
    """A LoRA layer of rank 0, to `fuse` in the place of one that does not learn."""
    return {DOWN: torch.zeros(0, inputs), UP: torch.zeros(outputs, 0)}


def split(layer: LayerTensors, rows: Sequence[int]) -> list[dict[str, Tensor]]:
    """The layers of `rows` outputs each that `layer` is made of; ranks that serve only other rows are left out.

    ModelError when `layer` is no LoRA or DoRA, or has another number of outputs.
    """
    if not {DOWN, UP} <= set(layer) <= {DOWN, UP, ALPHA, DORA} or len(layer[UP]) != sum(rows):
        raise ModelError(f"A fused layer cannot be cut into {len(rows)} layers of {sum(rows)} outputs together.")
    scale = _scale(layer)
    ups, lengths = _cut(layer[UP], rows), _cut(layer[DORA], rows) if DORA in layer else None
    uses = torch.stack([up.transpose(0, 1).flatten(1).any(1) for up in ups])
    parts: list[dict[str, Tensor]] = []
    for number, up in enumerate(ups):
        # A rank is another's alone when that one uses it and this one does not.
        kept = uses[number] | ~uses.any(0)
        if lengths is not None and not kept.any():
            # Its lengths alone change it, and they need a change to be those of.
            kept[:1] = True
        part = {DOWN: layer[DOWN][kept], UP: up[:, kept], ALPHA: torch.tensor(scale * int(kept.sum()))}
        parts.append(part | ({DORA: lengths[number]} if lengths is not None else {}))
    return parts


def _cut(tensor: Tensor, rows: Sequence[int]) -> list[Tensor]:
    whole: Any = tensor
    return list(whole.split(list(rows)))


def _scale(layer: LayerTensors) -> float:
    rank = len(layer[DOWN])
    return float(layer[ALPHA]) / rank if ALPHA in layer else 1.0
