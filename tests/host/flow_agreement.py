"""What the scripts that stand a flow base in the host's class beside ours have in common. Needs the host's modules."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import comfy.lora
import comfy.lora_convert
import comfy.samplers
import comfy.sd
import torch
from safetensors.torch import load_file, save_file

from trainer.lora.adapter import Adapter
from trainer.lora.mount import mount_lora
from trainer.lora.save import lora_tensors
from trainer.recipe.lora import Lora

STRENGTH = 0.8
Answer = Callable[[Any], torch.Tensor]


def gap(one: torch.Tensor, other: torch.Tensor) -> float:
    assert one.shape == other.shape, (one.shape, other.shape)
    return float((one - other).abs().max())


def host_known(model: Any) -> Mapping[str, Any]:
    """Names by which the host reads a LoRA, and which weight each is."""
    return comfy.lora.model_lora_keys_unet(model.model, {})


def saved_adapter(family: Any, path: Path, targets: str, kind: Any) -> None:
    """A random adapter, written as a run writes it."""
    adapter = Adapter(family, family.lora_targets(targets), Lora(rank=4, alpha=2.0, kind=kind, factor=4), 0)
    for number, weight in enumerate(adapter.parameters((family.spec.denoiser,))):
        weight.data += torch.randn(weight.shape, generator=torch.Generator().manual_seed(number)) * 0.05
    tensors = lora_tensors(adapter, family, torch.float32)
    adapter.detach()
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, path)


def compared(model: Any, family: Any, path: Path, host_answer: Answer, our_answer: Answer) -> dict[str, Any]:
    """How the file changes both, and what of it the host does not know or does not use."""
    tensors, known = load_file(path), host_known(model)
    patches = comfy.lora.load_lora(comfy.lora_convert.convert_lora(dict(tensors)), dict(known), log_missing=False)
    prefixes = {key.partition(".lora_")[0].partition(".lokr_")[0].partition(".dora_")[0] for key in tensors}
    prefixes = {prefix.removesuffix(".alpha") for prefix in prefixes}
    worn, _ = comfy.sd.load_lora_for_models(model, None, dict(tensors), STRENGTH, 0)
    bare = host_answer(model), our_answer(family)
    theirs = host_answer(worn) - bare[0]
    applied = mount_lora(family, path, STRENGTH)
    ours = our_answer(family) - bare[1]
    applied.remove()
    return {
        "unknown": sorted(prefix for prefix in prefixes if prefix not in known),
        "unused": len(prefixes) - len(patches),
        "change": float(theirs.abs().max()),
        "gap": gap(theirs, ours),
    }


def unmapped(known: Mapping[str, Any], model: Any, family: Any) -> list[str]:
    """Names of weights that the host reads a LoRA by and we do not."""
    weights = set(model.model.state_dict())
    names = {name: key if isinstance(key, str) else key[0] for name, key in known.items()}
    names = {name: key for name, key in names.items() if key in weights and key.endswith(".weight")}
    found = family.keys.find(names)
    return sorted(name for name in names if name not in found and not name.endswith(".weight"))


def schedule_gap(model: Any, family: Any) -> float:
    sampling = model.get_model_object("model_sampling")
    theirs = {n: comfy.samplers.calculate_sigmas(sampling, "simple", n).double() for n in (4, 9, 33)}
    return max(gap(sigmas, family.schedule.sigmas(steps)) for steps, sigmas in theirs.items())
