"""Adapter layers in front of frozen ones: peft's where they keep up with ours, ours for DoRA, LoKr and the rest."""

from collections.abc import Mapping

import torch

from .dora import DoraLayer
from .layer import AdapterLayer, AdapterState, LowRank, can_unpack, is_quantised
from .lokr import Kronecker, LokrLayer
from .peft_lora import PeftLora, peft_lora_modules
from .whole import Whole, WholeLayer

LayerShape = LowRank | Kronecker | Whole


def build_layers(
    wanted: Mapping[str, tuple[torch.nn.Module, LayerShape]], state: AdapterState, strength: float = 1.0
) -> dict[str, AdapterLayer]:
    """A layer of the wanted shape in front of each module, by address; nothing is put in its place yet.

    ModelError without peft.
    """
    peft_shapes = {address: (base, shape) for address, (base, shape) in wanted.items() if _is_pefts(base, shape)}
    theirs = peft_lora_modules(peft_shapes)
    made: dict[str, AdapterLayer] = {}
    for address, (base, shape) in wanted.items():
        if isinstance(shape, Kronecker):
            made[address] = LokrLayer(base, shape, strength)
        elif isinstance(shape, Whole):
            made[address] = WholeLayer(base, strength)
        elif address in theirs:
            made[address] = PeftLora(theirs[address], base, shape, state, strength)
        else:
            made[address] = DoraLayer(base, shape, state, strength)
    return made


def _is_pefts(base: torch.nn.Module, shape: LayerShape) -> bool:
    # Our DoRA reads the weight itself, which others' quantised layers hold packed.
    return isinstance(shape, LowRank) and (not shape.is_dora or (is_quantised(base) and not can_unpack(base)))
