"""The cross-attentions of the host's UNet by the numbers that adapters' files give them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import comfy.utils
from comfy.ldm.modules.attention import SpatialTransformer

Place = tuple[str, int, int]
"""Where the host patches a layer: section, block and index in it."""


@dataclass(frozen=True)
class Layer:
    """`address` is the transformer block's in the UNet."""

    place: Place
    address: str
    heads: int
    width: int


def cross_attentions(unet: Any) -> Mapping[int, Layer]:
    """By number: diffusers' order, down, up, middle, with the self-attention before each counted too."""
    return {2 * number + 1: layer for number, layer in enumerate(_layers(unet))}


def attention_paths(model: Any) -> tuple[str, ...]:
    """diffusers' addresses of all attentions by number, as adapters are told them."""
    names = comfy.utils.unet_to_diffusers(model.model.model_config.unet_config)
    known = {key: name for name, key in names.items()}
    query = ".attn2.to_q.weight"
    blocks = [known[layer.address + query].removesuffix(query) for layer in _layers(model.model.diffusion_model)]
    return tuple(f"{block}.{attention}" for block in blocks for attention in ("attn1", "attn2"))


def _layers(unet: Any) -> list[Layer]:
    # The host counts its middle as one block, number 0, though its transformer is the second module there.
    sections = {
        "input": [(f"input_blocks.{number}", each) for number, each in enumerate(unet.input_blocks)],
        "output": [(f"output_blocks.{number}", each) for number, each in enumerate(unet.output_blocks)],
        "middle": [("middle_block", unet.middle_block)],
    }
    return [
        Layer(
            place=(section, number, index),
            address=f"{address}.{part}.transformer_blocks.{index}",
            heads=block.n_heads,
            width=block.n_heads * block.d_head,
        )
        for section, modules in sections.items()
        for number, (address, module) in enumerate(modules)
        for part, layer in enumerate(module)
        if isinstance(layer, SpatialTransformer)
        for index, block in enumerate(layer.transformer_blocks)
    ]
