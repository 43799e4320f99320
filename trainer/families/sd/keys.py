"""What a LoRA on Stable Diffusion may be called in a file, and which layers it wraps.

A file of SDXL names the UNet's layers in Stability's way, one of SD 1.5 in diffusers' way: so do kohya's files, whose
own loader takes no other. ComfyUI reads both of both (`unet_to_diffusers` and the plain names of its own modules).
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..key_layout import LayerTensors
from ..layer_names import layer_names
from ..spec import FamilySpec
from .ldm_names import unet_name

_BLOCK = r"transformer_blocks\.\d+\.(?:attn[12]\.to_(?:q|k|v|out\.0)|ff\.net\.(?:0\.proj|2)|norm[123])"
_ATTENTION = rf"attentions\.\d+\.(?:proj_in|proj_out|norm|{_BLOCK})"
_RESNET = r"resnets\.\d+\.(?:conv1|conv2|conv_shortcut|time_emb_proj|norm[12])"
_RESIZE = r"(?:downsamplers|upsamplers)\.0\.conv"
_OUTER = r"conv_in|conv_out|conv_norm_out|(?:time|add)_embedding\.linear_[12]"
_KNOWN = re.compile(rf"(?:(?:(?:down|up)_blocks\.\d+|mid_block)\.(?:{_ATTENTION}|{_RESNET}|{_RESIZE}))|{_OUTER}")

_QKV_OUT = re.compile(r".*\.attn[12]\.to_(?:q|k|v|out\.0)")
_MLP = re.compile(r".*\.attentions\.\d+\.(?:proj_in|proj_out|.*\.ff\.net\.(?:0\.proj|2))")
_CONV = re.compile(r".*(?:\.resnets\.\d+\.(?:conv1|conv2|conv_shortcut|time_emb_proj)|samplers\.0\.conv)")
_PATTERNS = {"attention": 1, "attention_mlp": 2, "attention_mlp_conv": 3}
_TEXT_LAYER = re.compile(r"(?:text_model\.)?encoder\.layers\.\d+\.(?:self_attn\.(?:q|k|v|out)_proj|mlp\.fc[12])")

_UNET, _TEXT = "lora_unet_", "lora_te"
_TEXT_MODEL, _PROJECTION = "text_model.", "text_projection"
_PEFT_ROOT = "base_model.model."
_UNET_ROOTS = ("model.diffusion_model.", "diffusion_model.", "unet.", "lycoris_")
# kohya's, diffusers' and ComfyUI's names of the text encoders, the first and the second. The host takes `lora_te_` for
# SDXL's first and `lora_te1_` for SD 1.5's only one too.
_TEXT_ROOTS = (
    (
        *("lora_te_", "lora_te1_", "text_encoder.", "text_encoders.clip_l.transformer.", "clip_l.transformer."),
        *("te1.", "te.", "text_encoders.clip_l.", "clip_l."),
    ),
    (
        *("lora_te2_", "text_encoder_2.", "text_encoders.clip_g.transformer.", "clip_g.transformer."),
        *("te2.", "text_encoders.clip_g.", "clip_g."),
    ),
)
# Every kind of layer that has a weight, for files that change more than what a LoRA here wraps.
_UNET_KINDS = (torch.nn.Linear, torch.nn.Conv2d, torch.nn.GroupNorm, torch.nn.LayerNorm)
_TEXT_KINDS = (torch.nn.Linear, torch.nn.LayerNorm, torch.nn.Embedding)


@dataclass(frozen=True)
class Names:
    """Names in files for the layers of one UNet: its residual blocks a level, and which levels going up attend."""

    family: str
    layers: int
    attends: Sequence[bool]

    def saved(self, name: str) -> str:
        """kohya's prefix: `lora_unet_input_blocks_4_1_…_to_q` (SDXL), `lora_unet_down_blocks_…` (SD 1.5)."""
        return _UNET + _flat(self._ldm(name) if self.family == "sdxl" else name)

    def known(self, modules: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Every prefix that the host would load, with its address, for those of the UNet's `modules` it maps."""
        for name in modules:
            if _KNOWN.fullmatch(name):
                yield _UNET + _flat(name), f"unet.{name}"
                yield _UNET + _flat(self._ldm(name)), f"unet.{name}"

    def _ldm(self, name: str) -> str:
        return unet_name(name, self.layers, lambda level: self.attends[level])


@dataclass(frozen=True)
class SdKeys:
    """A Stable Diffusion's KeyLayout: a layer of a file for each of the model's. `part` is a part by its name, its
    weights loaded or not."""

    spec: FamilySpec
    part: Callable[[str], Any]

    def save(self, layers: Mapping[str, LayerTensors]) -> dict[str, Tensor]:
        return {
            f"{self.prefix(address)}.{suffix}": tensor
            for address, tensors in layers.items()
            for suffix, tensor in tensors.items()
        }

    def find(self, prefixes: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        canonical = {prefix: self._canonical(prefix) for prefix in prefixes}
        known: dict[str, str] = {}
        if any(name.startswith(_UNET) for name in canonical.values()):
            known |= dict(self._names.known(layer_names(self.part(self.spec.denoiser), _UNET_KINDS)))
        if any(name.startswith(_TEXT) for name in canonical.values()):
            for part in self.spec.text_parts:
                addresses = [f"{part}.{name}" for name in layer_names(self.part(part), _TEXT_KINDS)]
                known |= {text_prefix(address): address for address in addresses}
        return {prefix: (known[name],) for prefix, name in canonical.items() if name in known}

    def turned(self, prefix: str, tensors: LayerTensors) -> LayerTensors:
        return tensors

    def prefix(self, address: str) -> str:
        """What a layer is called in a saved file."""
        part, _, name = address.partition(".")
        return self._names.saved(name) if part == self.spec.denoiser else text_prefix(address)

    def _canonical(self, prefix: str) -> str:
        """kohya's spelling of a native, diffusers', LyCORIS' or PEFT's prefix."""
        name = prefix.removeprefix(_PEFT_ROOT)
        if name.startswith(_UNET):
            return name.replace("class_embedding_linear", "add_embedding_linear")
        for part, roots in zip(self.spec.text_parts, _TEXT_ROOTS, strict=False):
            for root in roots:
                if name.startswith(root):
                    return text_prefix(f"{part}.{name.removeprefix(root).removeprefix(_PEFT_ROOT)}")
        if name.startswith(_TEXT_MODEL):
            return text_prefix(f"{self.spec.text_parts[0]}.{name}")
        for root in _UNET_ROOTS:
            name = name.removeprefix(root)
        return self._canonical(_UNET + _flat(name.removeprefix(_PEFT_ROOT)))

    @property
    def _names(self) -> Names:
        config = self.part(self.spec.denoiser).config
        attends = ["CrossAttn" in kind for kind in config.up_block_types]
        return Names(self.spec.name, int(config.layers_per_block), attends)


def text_prefix(address: str) -> str:
    """`lora_te1_text_model_…` of SDXL's encoders, `lora_te_text_model_…` of SD 1.5's one."""
    part, _, name = address.partition(".")
    flat = _flat(name)
    # Some versions of transformers leave this level out; files always have it, but for the projection beside it.
    is_whole = flat.startswith((_flat(_TEXT_MODEL), _PROJECTION))
    return f"lora_{part}_{flat if is_whole else _flat(_TEXT_MODEL) + flat}"


def target_modules(modules: Iterable[str], targets: str) -> list[str]:
    """Those a LoRA wraps: attention projections; with `_mlp` the feed-forward and block projections; with `_conv` the
    convolutions and time projections of the residual blocks too."""
    patterns = (_QKV_OUT, _MLP, _CONV)[: _PATTERNS[targets]]
    return [name for name in modules if any(pattern.fullmatch(name) for pattern in patterns)]


def text_modules(modules: Iterable[str]) -> list[str]:
    """Those of a text encoder that a LoRA wraps, as kohya's: attention and MLP of every layer."""
    return [name for name in modules if _TEXT_LAYER.fullmatch(name)]


def _flat(name: str) -> str:
    return name.replace(".", "_")
