"""A FLUX.1 of any sizes from a diffusers folder, in the host's own classes, with text encoders as SDXL's."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import comfy.model_detection
import comfy.supported_models

from ...trainer.errors import ModelError
from ...trainer.families.flux.describe import UNDISTILLED, folder_family
from .folder_parts import WEIGHT_NAMES, load_clip, load_vae, part_config, part_weights, patcher_of
from .models import HostBase

_PATCH = 2


def load_flux(folder: Path, text: Path) -> HostBase:
    """Transformer and autoencoder of `folder`, text encoders and tokenizers of `text`."""
    model = load_transformer(folder)
    model.cached_patcher_init = (load_transformer, (folder,))
    return HostBase(model, load_clip(text), load_vae(folder))


def load_transformer(folder: Path, disable_dynamic: bool = False) -> Any:
    """As a model patcher; the host calls this again when it needs a copy of another kind."""
    weights = part_weights(folder, "transformer", WEIGHT_NAMES)
    # What the host has a place for, it takes out.
    native = comfy.model_detection.convert_diffusers_mmdit(weights) or {}
    if weights or not native:
        odd = next(iter(weights), "a transformer without weights")
        raise ModelError(f"{folder / 'transformer'} is no FLUX.1: the host has no place for {odd!r}.")
    settings = _settings(part_config(folder, "transformer"), is_distilled=folder_family(folder) != UNDISTILLED)
    return patcher_of(settings, native, disable_dynamic)


def _settings(config: Mapping[str, Any], *, is_distilled: bool) -> Any:
    """The host's FLUX.1 settings with our sizes: its own match on sizes is emptied, everything else is inherited."""
    is_dev = bool(config["guidance_embeds"])
    inherited: Any = comfy.supported_models.Flux if is_dev else comfy.supported_models.FluxSchnell

    class Flux(inherited):
        unet_config = {}

    # For `guided`: the host does not ask.
    Flux.is_distilled = is_distilled
    heads, channels = config["num_attention_heads"], config["in_channels"] // _PATCH**2
    sizes = {
        "image_model": "flux",
        "in_channels": channels,
        "out_channels": channels,
        "patch_size": _PATCH,
        "vec_in_dim": config["pooled_projection_dim"],
        "context_in_dim": config["joint_attention_dim"],
        "hidden_size": heads * config["attention_head_dim"],
        "num_heads": heads,
        "mlp_ratio": 4.0,
        "depth": config["num_layers"],
        "depth_single_blocks": config["num_single_layers"],
        "axes_dim": list(config["axes_dims_rope"]),
        "theta": 10_000,
        "qkv_bias": True,
        "guidance_embed": is_dev,
        "txt_ids_dims": [],
    }
    return Flux(sizes)
