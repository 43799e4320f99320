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


def saved_prefix(module: str) -> str:
    """kohya's prefix with the diffusers path: `lora_unet_down_blocks_1_attentions_0_…_to_q`."""
    return f"lora_unet_{module.replace('.', '_')}"


def host_keys(modules: Iterable[str]) -> dict[str, str]:
    """Prefix to module for each of the UNet's `modules` that the host's map covers."""
    return {saved_prefix(name): name for name in modules if _KNOWN.fullmatch(name)}


def target_modules(modules: Iterable[str], targets: str) -> list[str]:
    """Those a LoRA wraps: attention projections, with `attention_mlp` the feed-forward and block projections too."""
    patterns = [_QKV_OUT, _MLP] if targets == "attention_mlp" else [_QKV_OUT]
    return [name for name in modules if any(pattern.fullmatch(name) for pattern in patterns)]
