"""A base as the host's own MODEL, CLIP and VAE: its files, or a diffusers folder whatever its sizes."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from weakref import ref

import comfy.diffusers_load
import comfy.latent_formats
import comfy.model_sampling
import comfy.sd
import comfy.supported_models
import comfy.utils
import folder_paths

from ...trainer.errors import ModelError
from ...trainer.families.base import Base
from ...trainer.families.flux.describe import TEXT_FOLDER
from .flux_folder import load_flux
from .folder_parts import WEIGHT_NAMES, load_clip, load_vae, part_config, part_weights, patcher_of
from .folders import file_fingerprint
from .models import HostBase
from .split_files import is_split, load_split_files

_FULL_SIZE = [320, 640, 1280]

_HELD: dict[tuple[str, str], tuple["ref[Any]", ...]] = {}
"""Loaded bases by their files' fingerprint and what they predict, for as long as somebody else holds them."""


def load_base(base: Base) -> HostBase:
    """Of a described base, whose parts may lie in several places; what anybody still holds is given again."""
    text = base.files.get(TEXT_FOLDER)
    if text is None and not is_split(base.family, base.files):
        return load_host_base(base.path, base.predicts)
    key = (" ".join(map(file_fingerprint, base.files.values())), "")
    return _held(key) or _keep(key, load_flux(base.path, text) if text else load_split_files(base.family, base.files))


def load_host_base(path: Path, predicts: str = "") -> HostBase:
    """Load with the host's own loaders and classes; ModelError names the file that is missing or damaged.

    `predicts` has the model sampled as if the file said so, as the host's ModelSamplingDiscrete does. What anybody
    still holds is given again: a base fills gigabytes.
    """
    key = (file_fingerprint(path), predicts)
    if held := _held(key):
        return held
    loaded = _loaded(path)
    if predicts:
        loaded = replace(loaded, model=_sampled(loaded.model, predicts))
    return _keep(key, loaded)


def _held(key: tuple[str, str]) -> HostBase | None:
    held = [part() for part in _HELD.get(key, ())]
    return HostBase(*held) if held and all(part is not None for part in held) else None


def _keep(key: tuple[str, str], loaded: HostBase) -> HostBase:
    _HELD[key] = (ref(loaded.model), ref(loaded.clip), ref(loaded.vae))
    return loaded


def _sampled(model: Any, predicts: str) -> Any:
    kind = comfy.model_sampling.EPS if predicts == "epsilon" else comfy.model_sampling.V_PREDICTION

    class Sampling(comfy.model_sampling.ModelSamplingDiscrete, kind):
        pass

    patched = model.clone()
    patched.add_object_patch("model_sampling", Sampling(model.model.model_config, zsnr=predicts.endswith("zero SNR")))
    return patched


def _loaded(path: Path) -> HostBase:
    embeddings = folder_paths.get_folder_paths("embeddings")
    if path.is_file():
        return _from_checkpoint(path, embeddings)
    if (path / "transformer").is_dir():
        return load_flux(path, path)
    if part_config(path, "unet")["block_out_channels"][: len(_FULL_SIZE)] == _FULL_SIZE:
        return HostBase(*comfy.diffusers_load.load_diffusers(path.as_posix(), embedding_directory=embeddings))
    return _from_small_folder(path)


def _from_checkpoint(path: Path, embeddings: list[str]) -> HostBase:
    try:
        loaded = comfy.sd.load_checkpoint_guess_config(path.as_posix(), embedding_directory=embeddings)
    except Exception as error:  # the host raises anything from RuntimeError to KeyError on what it does not know
        raise ModelError(f"ComfyUI cannot load {path.name}: {error or type(error).__name__}.") from error
    return HostBase(*loaded[:3])


def _from_small_folder(folder: Path) -> HostBase:
    model = load_unet(folder)
    model.cached_patcher_init = (load_unet, (folder,))
    return HostBase(model, load_clip(folder), load_vae(folder))


def load_unet(folder: Path, disable_dynamic: bool = False) -> Any:
    """The UNet as a model patcher; the host calls this again when it needs a copy of another kind."""
    config = part_config(folder, "unet")
    weights = part_weights(folder, "unet", WEIGHT_NAMES)
    unet_config = _native_unet_config(config)
    key_map = comfy.utils.unet_to_diffusers(unet_config)
    unknown = sorted(set(weights) - set(key_map))
    if unknown:
        raise ModelError(f"{folder / 'unet'} is not an SDXL UNet: the host has no place for {unknown[0]!r}.")
    native = {key_map[key]: tensor for key, tensor in weights.items()}
    scale = part_config(folder, "vae").get("scaling_factor", comfy.latent_formats.SDXL.scale_factor)
    settings = _sdxl(unet_config, head_width=_head_width(config), scale=scale)
    return patcher_of(settings, native, disable_dynamic)


def _sdxl(unet_config: dict[str, Any], *, head_width: int, scale: float) -> Any:
    """The host's SDXL settings with our sizes: its own match on sizes is emptied, everything else is inherited."""

    class LatentFormat(comfy.latent_formats.SDXL):
        scale_factor = scale

    class Sdxl(comfy.supported_models.SDXL):
        unet_config = {}
        unet_extra_config = {"num_heads": -1, "num_head_channels": head_width}
        latent_format = LatentFormat

    return Sdxl(unet_config)


def _native_unet_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """The UNet's sizes in the words of the host's UNetModel, counted a block as its key map counts them."""
    channels = config["block_out_channels"]
    blocks = _per_level(config["layers_per_block"], len(channels))
    depths = _per_level(config["transformer_layers_per_block"], len(channels))
    depths = [
        depth if "CrossAttn" in kind else 0 for depth, kind in zip(depths, config["down_block_types"], strict=True)
    ]
    levels = list(zip(depths, blocks, strict=True))
    return {
        "use_checkpoint": False,
        "image_size": 32,
        "in_channels": config["in_channels"],
        "out_channels": config["out_channels"],
        "use_spatial_transformer": True,
        "legacy": False,
        "num_classes": "sequential",
        "adm_in_channels": config["projection_class_embeddings_input_dim"],
        "model_channels": channels[0],
        "channel_mult": [width // channels[0] for width in channels],
        "num_res_blocks": blocks,
        "transformer_depth": [depth for depth, count in levels for _ in range(count)],
        "transformer_depth_output": [depth for depth, count in levels for _ in range(count + 1)],
        "transformer_depth_middle": depths[-1],
        "use_linear_in_transformer": config["use_linear_projection"],
        "context_dim": config["cross_attention_dim"],
        "use_temporal_attention": False,
        "use_temporal_resblock": False,
    }


def _head_width(config: Mapping[str, Any]) -> int:
    """diffusers' `attention_head_dim` counts heads here; the host fixes one width for all levels."""
    heads = _per_level(config["attention_head_dim"], len(config["block_out_channels"]))
    widths = {width // count for width, count in zip(config["block_out_channels"], heads, strict=True)}
    if len(widths) != 1:
        raise ModelError(f"The UNet has attention heads of {sorted(widths)} channels; the host needs one width.")
    return widths.pop()


def _per_level(value: Any, levels: int) -> list[int]:
    return list(value) if isinstance(value, (list, tuple)) else [value] * levels
