"""What a LoRA on SDXL's UNet may be called in a file, by the rule that ComfyUI's `unet_to_diffusers` map follows."""

import re
from collections.abc import Iterable

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


def saved_prefix(address: str) -> str:
    """kohya's prefix with the diffusers path: `lora_unet_down_blocks_1_…_to_q`, `lora_te1_text_model_…`."""
    part, _, name = address.partition(".")
    if part != "unet" and not name.startswith(_TEXT_MODEL):
        # Some versions of transformers leave this level out; files always have it.
        name = _TEXT_MODEL + name
    return f"lora_{part}_{name.replace('.', '_')}"


def host_keys(modules: Iterable[str]) -> dict[str, str]:
    """Prefix to address for each of the UNet's `modules` that the host's map covers."""
    return {saved_prefix(f"unet.{name}"): f"unet.{name}" for name in modules if _KNOWN.fullmatch(name)}


def target_modules(modules: Iterable[str], targets: str) -> list[str]:
    """Those a LoRA wraps: attention projections; with `_mlp` the feed-forward and block projections; with `_conv` the
    convolutions and time projections of the residual blocks too."""
    patterns = (_QKV_OUT, _MLP, _CONV)[: _PATTERNS[targets]]
    return [name for name in modules if any(pattern.fullmatch(name) for pattern in patterns)]


def text_modules(modules: Iterable[str]) -> list[str]:
    """Those of a text encoder that a LoRA wraps, as kohya's: attention and MLP of every layer."""
    return [name for name in modules if _TEXT_LAYER.fullmatch(name)]
