"""LoRA files with kohya's keys, written from the adapter in training."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from ..errors import ModelError
from ..families.family import Family
from ..storage.tensor_file import write_tensors
from .adapter import Adapter
from .metadata import with_hashes
from .mount import first

DTYPES = {"fp16": torch.float16, "bf16": torch.bfloat16, "fp32": torch.float32}


def save_lora(
    path: Path, adapter: Adapter, family: Family, metadata: Mapping[str, str], dtype: torch.dtype = torch.float16
) -> None:
    """Write the adapter; ModelError, and no file, when the host would not read one of its keys."""
    tensors = lora_tensors(adapter, family, dtype)
    write_tensors(path, tensors, with_hashes(tensors, metadata))


def lora_tensors(adapter: Adapter, family: Family, dtype: torch.dtype) -> dict[str, Tensor]:
    """kohya's tensors of every module; ModelError when the family's key map misses one."""
    prefixes = {family.to_saved_keys(address): address for address in adapter.layers}
    known = family.key_map(prefixes.keys())
    tensors: dict[str, Tensor] = {}
    for prefix, address in prefixes.items():
        if known.get(prefix) != address:
            raise ModelError(f"The host would not load {prefix}: choose other LoRA targets than {address}.")
        for suffix, tensor in adapter.layers[address].saved().items():
            tensors[prefix + suffix] = tensor.to("cpu", dtype)
    faulty = [name for name, tensor in tensors.items() if not torch.isfinite(tensor).all()]
    if faulty:
        raise ModelError(f"The LoRA overflowed in {first(faulty)}: train with a lower lr.")
    return tensors
