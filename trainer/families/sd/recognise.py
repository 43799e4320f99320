"""What a checkpoint file is, by the names and shapes of its tensors."""

from collections.abc import Mapping
from pathlib import Path

from ...errors import ModelError
from ...storage.tensor_header import Header
from ..base import FamilyName

UNET, VAE = "model.diffusion_model.", "first_stage_model."
CLIP_L: Mapping[FamilyName, str] = {
    "sdxl": "conditioner.embedders.0.transformer.text_model.",
    "sd15": "cond_stage_model.transformer.text_model.",
}
CLIP_L_FLAT = "cond_stage_model.transformer."
"""Of old SD 1.5 files, saved before transformers had the level `text_model`."""
OPEN_CLIP = "conditioner.embedders.1.model."

_OTHERS = {
    "FLUX": ("double_blocks.0.",),
    "Stable Diffusion 3": ("joint_blocks.0.",),
    "the SDXL refiner": ("conditioner.embedders.0.model.",),
    "Stable Diffusion 2": ("cond_stage_model.model.",),
    "a LoRA": ("lora_unet_", "lora_te", "unet.down_blocks.0.attentions", "transformer.single_transformer_blocks"),
    "a ControlNet": ("control_model.", "controlnet_"),
}
_EDM = ("edm_mean", "edm_std", "edm_vpred.sigma_max", "edm_vpred.sigma_min")


def recognised(path: Path, header: Header) -> FamilyName:
    """The family of a whole checkpoint; ModelError says what else it is or what it lacks."""
    names = header.shapes.keys()
    other = _other(header)
    if other or f"{UNET}input_blocks.0.0.weight" not in names:
        raise ModelError(f"{path.name} is {other or _part(header)}. Choose an SDXL or SD 1.5 checkpoint.")
    family: FamilyName = "sdxl" if f"{UNET}label_emb.0.0.weight" in names else "sd15"
    faults = [f"{path.name} holds no {part}." for part in _missing(header, family)]
    if faults:
        raise ModelError.all_of([*faults, "Choose a whole checkpoint, with UNet, text encoders and VAE."])
    _check(path, header)
    return family


def _missing(header: Header, family: FamilyName) -> list[str]:
    names = header.shapes
    word = "embeddings.token_embedding.weight"
    has_clip = CLIP_L[family] + word in names or (family == "sd15" and CLIP_L_FLAT + word in names)
    parts = {"text encoder": has_clip, "VAE": f"{VAE}encoder.conv_in.weight" in names}
    if family == "sdxl":
        parts["second text encoder"] = f"{OPEN_CLIP}token_embedding.weight" in names
    return [part for part, is_there in parts.items() if not is_there]


def _check(path: Path, header: Header) -> None:
    channels = header.shapes[f"{UNET}input_blocks.0.0.weight"][1]
    if channels != 4:
        raise ModelError(f"{path.name} takes {channels} channels (inpainting or edit). Choose a plain base.")
    if any(mark in header.shapes for mark in _EDM):
        raise ModelError(f"{path.name} was trained in EDM's way (as Playground 2.5), which has no trainer here.")
    if any(name.endswith(("scale_weight", ".absmax", "weight_scale")) for name in header.shapes):
        raise ModelError(f"{path.name} is quantised. Choose the bf16, fp16 or fp32 file of the same model.")


def _other(header: Header) -> str | None:
    found = [kind for kind, marks in _OTHERS.items() if any(mark in name for mark in marks for name in header.shapes)]
    return found[0] if found else None


def _part(header: Header) -> str:
    if any(name.startswith("input_blocks.") for name in header.shapes):
        return "a UNet alone"
    if any(name.startswith(("decoder.", VAE)) for name in header.shapes):
        return "a VAE alone"
    return "no checkpoint that is known here"
