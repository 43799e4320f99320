"""LoRA files on the host's MODEL and CLIP, by the host's own loader."""

from pathlib import Path
from typing import Any

import comfy.lora
import comfy.lora_convert
import comfy.sd
import comfy.utils

from ...trainer.errors import ModelError, few
from ...trainer.families.registry import lora_made_for
from ...trainer.storage.tensor_header import read_header

_PARTS = (
    *(".lora_", "_lora.", ".lora.", ".alpha", ".dora_scale", ".lokr_", ".hada_", ".oft_", ".rescale", ".diff"),
    *(".set_weight", ".reshape_weight", ".w_norm", ".b_norm", ".a1.", ".a2.", ".b1.", ".b2.", ".on_input"),
)


def apply_lora(model: Any, clip: Any, path: Path, strength: float, of_clip: float | None = None) -> tuple[Any, Any]:
    """Copies of `model` and `clip` with the LoRA at `strength`, on the clip `of_clip` where it is another; ModelError
    when none of its layers is theirs."""
    tensors = _read(path)
    if not _matches(model, clip, tensors):
        made_for = lora_made_for(read_header(path))
        whose = f", being a LoRA for {made_for}" if made_for else ""
        raise ModelError(
            f"No layer of {path.name} belongs to this model{whose}, so it would change nothing: "
            "connect the base that it was trained on."
        )
    return comfy.sd.load_lora_for_models(model, clip, tensors, strength, strength if of_clip is None else of_clip)


def unmatched(model: Any, clip: Any, path: Path) -> tuple[list[str], int]:
    """Layers of the file that the host would not load onto these, and how many it has in all."""
    tensors = comfy.lora_convert.convert_lora(dict(_read(path)))
    known = _known(model, clip)
    layers = dict.fromkeys(_layer(key) for key in tensors)
    return [layer for layer in layers if layer not in known], len(layers)


def _layer(key: str) -> str:
    """The part of a key that names the layer: what stands before the first word of an adapter's own."""
    starts = (key.find(part) for part in _PARTS)
    return key[: min((start for start in starts if start > 0), default=len(key))]


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ModelError(f"{path} is missing; run Choose checkpoint again, or choose another LoRA.")
    read_header(path)
    try:
        tensors = comfy.utils.load_torch_file(path.as_posix(), safe_load=True)
    except Exception as error:
        raise ModelError(
            f"{path.name} is not a LoRA file that can be read ({error}); train or copy it again."
        ) from error
    odd = [key for key, tensor in tensors.items() if key.endswith(".alpha") and tensor.numel() != 1]
    if odd:
        raise ModelError(f"{path.name} is damaged: {few(odd, 2)} must hold one number. Train or copy it again.")
    return tensors


def _matches(model: Any, clip: Any, tensors: dict[str, Any]) -> bool:
    known = _known(model, clip)
    return bool(comfy.lora.load_lora(comfy.lora_convert.convert_lora(dict(tensors)), known, log_missing=False))


def _known(model: Any, clip: Any) -> dict[str, Any]:
    """The layers of both by the names that files have for them; ModelError where another object came by the wire."""
    for wire, value, part in (("model", model, "model"), ("clip", clip, "cond_stage_model")):
        if value is not None and not hasattr(value, part):
            raise ModelError(
                f"What is wired into {wire} is none (a value of type {type(value).__name__}); wire another."
            )
    known = comfy.lora.model_lora_keys_unet(model.model, {})
    return known if clip is None else comfy.lora.model_lora_keys_clip(clip.cond_stage_model, known)
