"""The parts of a diffusers folder of any sizes, in the host's own classes."""

from pathlib import Path
from typing import Any

import comfy.model_management
import comfy.model_patcher
import comfy.sd
import comfy.sd1_clip
import comfy.sdxl_clip
import comfy.supported_models_base
import comfy.utils
import folder_paths
import torch

from ...trainer.errors import ModelError
from ...trainer.storage.values import json_value

WEIGHT_NAMES = ("diffusion_pytorch_model.fp16.safetensors", "diffusion_pytorch_model.safetensors")
_TEXT_NAMES = ("model.fp16.safetensors", "model.safetensors")
_TOKEN_ROWS = 49_408


def patcher_of(settings: Any, native: dict[str, torch.Tensor], disable_dynamic: bool) -> Any:
    """The denoiser of the host's `settings` with weights in its own names, as a model patcher."""
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


def load_clip(folder: Path) -> Any:
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
    weights = part_weights(folder, part, _TEXT_NAMES)
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
    widths = {part: part_config(folder, part)["hidden_size"] for part in ("text_encoder", "text_encoder_2")}

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
    config = json_value((folder / part / "tokenizer_config.json").read_text(encoding="utf-8"))
    return _token_text(config.get("pad_token")) == _token_text(config.get("eos_token"))


def _token_text(token: Any) -> Any:
    return token.get("content") if isinstance(token, dict) else token


def _encoder_class(folder: Path) -> type:
    """The host's pair of SDXL text encoders with our sizes and our tokenizer's special ids."""
    configs = {part: part_config(folder, part) for part in ("text_encoder", "text_encoder_2")}

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


def load_vae(folder: Path) -> Any:
    config = part_config(folder, "vae")
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
    weights = part_weights(folder, "vae", WEIGHT_NAMES)
    # The class that takes sizes has these two; an autoencoder without them is one in which they change nothing.
    weights |= {name: tensor for name, tensor in _unchanging(config["latent_channels"]).items() if name not in weights}
    vae = comfy.sd.VAE(sd=weights, config={"params": params})
    vae.latent_channels = config["latent_channels"]
    return vae


def _unchanging(channels: int) -> dict[str, torch.Tensor]:
    sizes = {"quant_conv": 2 * channels, "post_quant_conv": channels}
    kernels = {f"{name}.weight": torch.eye(size)[:, :, None, None] for name, size in sizes.items()}
    return kernels | {f"{name}.bias": torch.zeros(size) for name, size in sizes.items()}


def part_config(folder: Path, part: str) -> dict[str, Any]:
    path = folder / part / "config.json"
    if not path.is_file():
        raise ModelError(f"{path} is missing; choose a folder saved by diffusers, with a VAE and two text encoders.")
    return json_value(path.read_text(encoding="utf-8"))


def part_weights(folder: Path, part: str, names: tuple[str, ...]) -> dict[str, torch.Tensor]:
    for name in names:
        if (folder / part / name).is_file():
            return comfy.utils.load_torch_file((folder / part / name).as_posix(), safe_load=True)
    raise ModelError(f"{folder / part} holds none of {', '.join(names)}; save the model as safetensors.")
