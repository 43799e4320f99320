"""What a LoRA on Stable Diffusion may be called in a file, and which layers it wraps.

A file of SDXL names the UNet's layers in Stability's way, one of SD 1.5 in diffusers' way: so do kohya's files, whose
own loader takes no other. ComfyUI reads both of both (`unet_to_diffusers` and the plain names of its own modules).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .ldm_names import unet_name

_BLOCK = r"transformer_blocks\.\d+\.(?:attn[12]\.to_(?:q|k|v|out\.0)|ff\.net\.(?:0\.proj|2))"
_ATTENTION = rf"attentions\.\d+\.(?:proj_in|proj_out|{_BLOCK})"
_RESNET = r"resnets\.\d+\.(?:conv1|conv2|conv_shortcut|time_emb_proj)"
_RESIZE = r"(?:downsamplers|upsamplers)\.0\.conv"
_OUTER = r"conv_in|conv_out|(?:time|add)_embedding\.linear_[12]"
_KNOWN = re.compile(rf"(?:(?:(?:down|up)_blocks\.\d+|mid_block)\.(?:{_ATTENTION}|{_RESNET}|{_RESIZE}))|{_OUTER}")

_QKV_OUT = re.compile(r".*\.attn[12]\.to_(?:q|k|v|out\.0)")
_MLP = re.compile(r".*\.attentions\.\d+\.(?:proj_in|proj_out|.*\.ff\.net\.(?:0\.proj|2))")
_CONV = re.compile(r".*(?:\.resnets\.\d+\.(?:conv1|conv2|conv_shortcut|time_emb_proj)|samplers\.0\.conv)")
_PATTERNS = {"attention": 1, "attention_mlp": 2, "attention_mlp_conv": 3}
_TEXT_LAYER = re.compile(r"(?:text_model\.)?encoder\.layers\.\d+\.(?:self_attn\.(?:q|k|v|out)_proj|mlp\.fc[12])")

UNET, TEXT = "lora_unet_", "lora_te"
_TEXT_MODEL = "text_model."


@dataclass(frozen=True)
class Names:
    """Names in files for the layers of one UNet: its residual blocks a level, and which levels going up attend."""

    family: str
    layers: int
    attends: Sequence[bool]

    def saved(self, address: str) -> str:
        """kohya's prefix of a layer: `lora_unet_input_blocks_4_1_…_to_q` (SDXL), `lora_unet_down_blocks_…` (SD 1.5)."""
        part, _, name = address.partition(".")
        if part == "unet":
            return UNET + _flat(self._ldm(name) if self.family == "sdxl" else name)
        return text_prefix(address)

    def known(self, modules: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Every prefix that the host would load, with its address, for those of the UNet's `modules` it maps."""
        for name in modules:
            if _KNOWN.fullmatch(name):
                yield UNET + _flat(name), f"unet.{name}"
                yield UNET + _flat(self._ldm(name)), f"unet.{name}"

    def _ldm(self, name: str) -> str:
        return unet_name(name, self.layers, lambda level: self.attends[level])


def text_prefix(address: str) -> str:
    """`lora_te1_text_model_…` of SDXL's encoders, `lora_te_text_model_…` of SD 1.5's one."""
    part, _, name = address.partition(".")
    # Some versions of transformers leave this level out; files always have it.
    return f"lora_{part}_{_flat(name if name.startswith(_TEXT_MODEL) else _TEXT_MODEL + name)}"


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
