"""A base as the host's own MODEL, CLIP and VAE: its files, or a diffusers folder whatever its sizes."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from weakref import ref

import comfy.diffusers_load
import comfy.latent_formats
import comfy.model_management
import comfy.model_patcher
import comfy.model_sampling
import comfy.sd
import comfy.sd1_clip
import comfy.sdxl_clip
import comfy.supported_models
import comfy.utils
import folder_paths
import torch

from ...trainer.errors import ModelError
from ...trainer.families.base import Base
from .folders import file_fingerprint
from .models import HostBase
from .split_files import is_split, load_split_files

_FULL_SIZE = [320, 640, 1280]
_TOKEN_ROWS = 49_408
_UNET_NAMES = ("diffusion_pytorch_model.fp16.safetensors", "diffusion_pytorch_model.safetensors")
_TEXT_NAMES = ("model.fp16.safetensors", "model.safetensors")

_HELD: dict[tuple[str, str], tuple["ref[Any]", ...]] = {}
"""Loaded bases by their files' fingerprint and what they predict, for as long as somebody else holds them."""


def load_base(base: Base) -> HostBase:
    """Of a described base, whose parts may lie in several files; what anybody still holds is given again."""
    if not is_split(base.family, base.files):
        return load_host_base(base.path, base.predicts)
    key = (" ".join(map(file_fingerprint, base.files.values())), "")
    return _held(key) or _keep(key, load_split_files(base.family, base.files))


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
    if _config(path, "unet")["block_out_channels"][: len(_FULL_SIZE)] == _FULL_SIZE:
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
    return HostBase(model, _load_clip(folder), _load_vae(folder))


def load_unet(folder: Path, disable_dynamic: bool = False) -> Any:
    """The UNet as a model patcher; the host calls this again when it needs a copy of another kind."""
    config = _config(folder, "unet")
    weights = _weights(folder, "unet", _UNET_NAMES)
    unet_config = _native_unet_config(config)
    key_map = comfy.utils.unet_to_diffusers(unet_config)
    unknown = sorted(set(weights) - set(key_map))
    if unknown:
        raise ModelError(f"{folder / 'unet'} is not an SDXL UNet: the host has no place for {unknown[0]!r}.")
    native = {key_map[key]: tensor for key, tensor in weights.items()}
    scale = _config(folder, "vae").get("scaling_factor", comfy.latent_formats.SDXL.scale_factor)
    settings = _sdxl(unet_config, head_width=_head_width(config), scale=scale)
    load_device = comfy.model_management.get_torch_device()
    dtype = comfy.model_management.unet_dtype(
        model_params=comfy.utils.calculate_parameters(native),
        supported_dtypes=list(settings.supported_inference_dtypes),
        weight_dtype=comfy.utils.weight_dtype(native),
    )
    cast = comfy.model_management.unet_manual_cast(dtype, load_device, settings.supported_inference_dtypes)
    settings.set_inference_dtype(dtype, cast, device=load_device)
    kind = comfy.model_patcher.ModelPatcher if disable_dynamic else comfy.model_patcher.CoreModelPatcher
    model = settings.get_model(native, "")
    offload_device = comfy.model_management.unet_offload_device()
    patcher = kind(model, load_device=load_device, offload_device=offload_device)
    if not comfy.model_management.is_device_cpu(offload_device):
        model.to(offload_device)
    model.load_model_weights(native, "", assign=patcher.is_dynamic())
    return patcher


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


def _load_clip(folder: Path) -> Any:
    weights: dict[str, torch.Tensor] = {}
    for name, part in (("clip_l", "text_encoder"), ("clip_g", "text_encoder_2")):
        weights |= {f"{name}.transformer.{key}": value for key, value in _text_weights(folder, part).items()}
    target = comfy.supported_models_base.ClipTarget(_tokenizer_class(folder), _encoder_class(folder))
    return comfy.sd.CLIP(
        target,
        embedding_directory=folder_paths.get_folder_paths("embeddings"),
        parameters=comfy.utils.calculate_parameters(weights),
        state_dict=weights,  # pyright: ignore[reportArgumentType]  # a dict means both encoders at once
        # The host cannot reload a text encoder of our sizes by itself, so it must not page this one.
        disable_dynamic=True,
    )


def _text_weights(folder: Path, part: str) -> dict[str, torch.Tensor]:
    """One encoder's weights under the host's names: its token table is fixed at 49,408 rows, zeros beyond ours."""
    weights = _weights(folder, part, _TEXT_NAMES)
    if not any(key.startswith("text_model.") for key in weights):
        weights = {key if key.startswith("text_projection") else f"text_model.{key}": w for key, w in weights.items()}
    key = "text_model.embeddings.token_embedding.weight"
    table = weights[key]
    weights[key] = torch.cat([table, table.new_zeros(_TOKEN_ROWS - table.shape[0], table.shape[1])])
    weights.setdefault("text_projection.weight", torch.eye(table.shape[1], dtype=table.dtype))
    return weights


def _tokenizer_class(folder: Path) -> type:
    """The host's SDXL tokenizer over our two tokenizer folders."""
    paddings = {part: _pads_with_end(folder, part) for part in ("tokenizer", "tokenizer_2")}
    widths = {part: _config(folder, part)["hidden_size"] for part in ("text_encoder", "text_encoder_2")}

    def one(part: str, key: str, width: int, embedding_directory: Any, tokenizer_data: Any) -> Any:
        return comfy.sd1_clip.SDTokenizer(
            tokenizer_path=(folder / part).as_posix(),
            pad_with_end=paddings[part],
            embedding_directory=embedding_directory,
            embedding_size=width,
            embedding_key=key,
            tokenizer_data=tokenizer_data,
        )

    class Tokenizer(comfy.sdxl_clip.SDXLTokenizer):
        def __init__(self, embedding_directory: Any = None, tokenizer_data: Any = {}) -> None:  # noqa: B006
            self.clip_l = one("tokenizer", "clip_l", widths["text_encoder"], embedding_directory, tokenizer_data)
            self.clip_g = one("tokenizer_2", "clip_g", widths["text_encoder_2"], embedding_directory, tokenizer_data)

    return Tokenizer


def _pads_with_end(folder: Path, part: str) -> bool:
    config = json.loads((folder / part / "tokenizer_config.json").read_text(encoding="utf-8"))
    return _token_text(config.get("pad_token")) == _token_text(config.get("eos_token"))


def _token_text(token: Any) -> Any:
    return token.get("content") if isinstance(token, dict) else token


def _encoder_class(folder: Path) -> type:
    """The host's pair of SDXL text encoders with our sizes and our tokenizer's special ids."""
    configs = {part: _config(folder, part) for part in ("text_encoder", "text_encoder_2")}

    def one(part: str, name: str, device: Any, dtype: Any, model_options: Any) -> Any:
        config = configs[part]
        ids = {"start": config["bos_token_id"], "end": config["eos_token_id"], "pad": config["pad_token_id"]}
        return comfy.sd1_clip.SDClipModel(
            layer="hidden",
            layer_idx=-2,
            device=device,
            dtype=dtype,
            textmodel_json_config=dict(config),
            special_tokens=ids,
            layer_norm_hidden_state=False,
            model_options={**model_options, "model_name": name},
        )

    class Encoders(comfy.sdxl_clip.SDXLClipModel):
        def __init__(self, device: Any = "cpu", dtype: Any = None, model_options: Any = {}) -> None:  # noqa: B006
            torch.nn.Module.__init__(self)
            self.clip_l = one("text_encoder", "clip_l", device, dtype, model_options)
            self.clip_g = one("text_encoder_2", "clip_g", device, dtype, model_options)
            self.dtypes = {dtype}

    return Encoders


def _load_vae(folder: Path) -> Any:
    config = _config(folder, "vae")
    channels = config["block_out_channels"]
    if len(channels) != 4:
        raise ModelError(f"{folder / 'vae'} has {len(channels)} levels; the host needs four (factor 8).")
    sizes = {
        "double_z": True,
        "z_channels": config["latent_channels"],
        "resolution": 256,
        "in_channels": 3,
        "out_ch": 3,
        "ch": channels[0],
        "ch_mult": [width // channels[0] for width in channels],
        "num_res_blocks": config["layers_per_block"],
        "attn_resolutions": [],
        "dropout": 0.0,
    }
    params = {"ddconfig": sizes, "embed_dim": config["latent_channels"]}
    return comfy.sd.VAE(sd=_weights(folder, "vae", _UNET_NAMES), config={"params": params})


def _config(folder: Path, part: str) -> dict[str, Any]:
    path = folder / part / "config.json"
    if not path.is_file():
        raise ModelError(f"{path} is missing; choose a folder saved by diffusers with unet, vae and two text encoders.")
    return json.loads(path.read_text(encoding="utf-8"))


def _weights(folder: Path, part: str, names: tuple[str, ...]) -> dict[str, torch.Tensor]:
    for name in names:
        if (folder / part / name).is_file():
            return comfy.utils.load_torch_file((folder / part / name).as_posix(), safe_load=True)
    raise ModelError(f"{folder / part} holds none of {', '.join(names)}; save the model as safetensors.")
