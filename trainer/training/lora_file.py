"""LoRA files with kohya's keys: written from an adapter, applied to a denoiser for drawing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.hooks import RemovableHandle

from ..errors import ModelError
from ..families.base import Family
from .lora import Adapter
from .lora_metadata import with_hashes
from .tensorfile import write_tensors

_DOWN, _UP, _ALPHA = ".lora_down.weight", ".lora_up.weight", ".alpha"
_NAMED_IN_ERRORS = 5


def save_lora(path: Path, adapter: Adapter, family: Family, metadata: Mapping[str, str]) -> None:
    """Write the adapter in fp16; ModelError, and no file, when the host would not read one of its keys."""
    tensors = lora_tensors(adapter, family, torch.float16)
    write_tensors(path, tensors, with_hashes(tensors, metadata))


def lora_tensors(adapter: Adapter, family: Family, dtype: torch.dtype) -> dict[str, Tensor]:
    """kohya's three tensors a module; ModelError when the family's key map misses one."""
    known = family.key_map()
    tensors: dict[str, Tensor] = {}
    for module, (down, up) in adapter.matrices().items():
        prefix = family.to_saved_keys(module)
        if known.get(prefix) != module:
            raise ModelError(f"The host would not load {prefix}: choose other LoRA targets than {module}.")
        tensors[prefix + _DOWN] = down.detach().to("cpu", dtype)
        tensors[prefix + _UP] = up.detach().to("cpu", dtype)
        tensors[prefix + _ALPHA] = torch.tensor(adapter.lora.alpha, dtype=dtype)
    faulty = [name for name, tensor in tensors.items() if not torch.isfinite(tensor).all()]
    if faulty:
        raise ModelError(f"The LoRA overflowed in {_first(faulty)}: train with a lower lr.")
    return tensors


@dataclass(frozen=True)
class AppliedLora:
    """A LoRA file at work on a denoiser until removed."""

    handles: tuple[RemovableHandle, ...]

    def remove(self) -> None:
        """Outputs are bit for bit those of the bare base again."""
        for handle in self.handles:
            handle.remove()


@torch.inference_mode(False)
@torch.no_grad()
def apply_lora(family: Family, path: Path, strength: float) -> AppliedLora:
    """Add `strength` × alpha / rank × B A x to each module the file names; ModelError for a key without a module."""
    layers = _read_layers(path)
    modules = family.key_map()
    unknown = sorted(prefix for prefix in layers if prefix not in modules)
    if unknown:
        raise ModelError(f"{path.name} does not fit this base: {_first(unknown)} have no module here.")
    pairs = [(family.denoiser.get_submodule(modules[prefix]), layer) for prefix, layer in layers.items()]
    unfit = [
        prefix for (prefix, layer), (module, _) in zip(layers.items(), pairs, strict=True) if not layer.fits(module)
    ]
    if unfit:
        raise ModelError(f"{path.name} was trained on a base of other sizes: {_first(unfit)} do not fit.")
    return AppliedLora(tuple(module.register_forward_hook(layer.hook(module, strength)) for module, layer in pairs))


@dataclass(frozen=True)
class _Layer:
    """One module's part of a file."""

    down: Tensor
    up: Tensor
    alpha: float

    def fits(self, module: torch.nn.Module) -> bool:
        weight: Any = module.weight
        sizes = (self.up.shape[0], *self.down.shape[1:])
        return tuple(weight.shape) == sizes and self.up.shape[1] == self.down.shape[0]

    def hook(self, module: torch.nn.Module, strength: float) -> Callable[[torch.nn.Module, Any, Tensor], Tensor]:
        weight: Any = module.weight
        down = self.down.to(weight.device, weight.dtype)
        up = (self.up * (strength * self.alpha / len(self.down))).to(weight.device, weight.dtype)
        convolve: Any = F.conv2d

        def add(layer: torch.nn.Module, inputs: Any, output: Tensor) -> Tensor:
            if isinstance(layer, torch.nn.Conv2d):
                return output + convolve(convolve(inputs[0], down, None, layer.stride, layer.padding), up)
            return output + F.linear(F.linear(inputs[0], down), up)

        return add


def _read_layers(path: Path) -> dict[str, _Layer]:
    """Prefix to layer, fp32. A missing alpha means a scale of 1, as the host reads it."""
    tensors = _read_tensors(path)
    suffixes = (_DOWN, _UP, _ALPHA)
    strange = sorted(key for key in tensors if not key.endswith(suffixes))
    prefixes = sorted(key.removesuffix(_DOWN) for key in tensors if key.endswith(_DOWN))
    paired = {prefix + suffix for prefix in prefixes for suffix in suffixes}
    strange += sorted(key for key in tensors if key.endswith(suffixes) and key not in paired)
    lacking = [prefix + _UP for prefix in prefixes if prefix + _UP not in tensors]
    if strange or lacking or not prefixes:
        said = f"it has {_first(strange)}" if strange else f"it lacks {_first(lacking or ['any LoRA layer'])}"
        raise ModelError(f"{path.name} is not a LoRA in kohya's layout: {said}.")
    return {
        prefix: _Layer(down, tensors[prefix + _UP], float(tensors.get(prefix + _ALPHA, torch.tensor(len(down)))))
        for prefix in prefixes
        for down in [tensors[prefix + _DOWN]]
    }


def _read_tensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    if not path.is_file():
        raise ModelError(f"There is no LoRA file {path}.")
    try:
        return {key: tensor.float() for key, tensor in load(path.read_bytes()).items()}
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{path} is not a whole safetensors file: {error}.") from error


def _first(names: list[str]) -> str:
    more = len(names) - _NAMED_IN_ERRORS
    return ", ".join(names[:_NAMED_IN_ERRORS]) + (f" and {more} more" if more > 0 else "")
