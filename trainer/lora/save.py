"""LoRA files with the family's keys, written from the adapter in training."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from ..errors import ModelError, few
from ..families.family import Family
from ..families.lora_names import split_key
from ..storage.tensor_file import write_tensors
from .adapter import Adapter
from .metadata import with_hashes

DTYPES = {"fp16": torch.float16, "bf16": torch.bfloat16, "fp32": torch.float32}


def save_lora(
    path: Path, adapter: Adapter, family: Family, metadata: Mapping[str, str], dtype: torch.dtype = torch.float16
) -> None:
    """Write the adapter; ModelError, and no file, when the host would not read one of its keys."""
    tensors = lora_tensors(adapter, family, dtype)
    write_tensors(path, tensors, with_hashes(tensors, metadata))


def lora_tensors(adapter: Adapter, family: Family, dtype: torch.dtype) -> dict[str, Tensor]:
    """Every module's tensors by the family's keys; ModelError when they do not lead back to the module."""
    layers = {address: layer.saved() for address, layer in adapter.layers.items()}
    tensors = {key: tensor.to("cpu", dtype) for key, tensor in family.keys.save(layers).items()}
    prefixes = list(dict.fromkeys(split_key(key)[0] for key in tensors))
    found = family.keys.find(prefixes)
    read = {address for addresses in found.values() for address in addresses}
    lost = [address for address in layers if address not in read]
    if lost:
        unread = [prefix for prefix in prefixes if prefix not in found] or prefixes
        raise ModelError(f"The host would not load {few(unread)}: choose other LoRA targets than {few(lost)}.")
    faulty = [name for name, tensor in tensors.items() if not torch.isfinite(tensor).all()]
    if faulty:
        raise ModelError(f"The LoRA overflowed in {few(faulty)}: train with a lower lr.")
    return tensors
