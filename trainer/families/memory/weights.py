"""How many bytes a denoiser's weights are, from their shapes alone."""

import torch

from ..layer_names import modules_by_name
from ..residence import Residence
from .blocks import Blocks
from .modulation import Modulation
from .packing import PACKINGS


def module_bytes(module: torch.nn.Module, quantization: str, dtype: torch.dtype) -> int:
    """Of all weights of a module, its linear layers packed."""
    whole = sum(weight.numel() for weight in module.parameters())
    if quantization == "none":
        return whole * dtype.itemsize
    packed = sum(part.weight.numel() for part in module.modules() if isinstance(part, torch.nn.Linear))
    return (whole - packed) * dtype.itemsize + round(packed * PACKINGS[quantization].bits / 8)


def modulation_bytes(outline: torch.nn.Module, modulation: Modulation | None, dtype: torch.dtype) -> int:
    """Of the layers that are evaluated off the device, which are not packed."""
    if modulation is None:
        return 0
    layers = (module for name, module in modules_by_name(outline) if modulation.has(name))
    return sum(weight.numel() for layer in layers for weight in layer.parameters()) * dtype.itemsize


def swapped_bytes(
    residence: Residence, outline: torch.nn.Module, blocks: Blocks, modulation: Modulation | None
) -> list[int]:
    """Of each swapped block."""
    return [
        block_bytes(
            outline.get_submodule(name), name, residence, modulation if residence.precompute_modulation else None
        )
        for name in blocks.swapped
    ]


def block_bytes(block: torch.nn.Module, name: str, residence: Residence, modulation: Modulation | None) -> int:
    """Of a block, without what is evaluated off the device."""
    whole = module_bytes(block, residence.quantization, residence.dtype)
    if modulation is None:
        return whole
    resting = [part for inner, part in modules_by_name(block) if modulation.has(f"{name}.{inner}")]
    return whole - sum(module_bytes(part, residence.quantization, residence.dtype) for part in resting)


def resting_bytes(residence: Residence, outline: torch.nn.Module, blocks: Blocks, modulation: Modulation | None) -> int:
    """In the computer's memory."""
    return sum(swapped_bytes(residence, outline, blocks, modulation)) + modulation_bytes(
        outline, modulation if residence.precompute_modulation else None, residence.dtype
    )
