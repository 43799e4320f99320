"""Which layers of FLUX.1 a LoRA wraps."""

import re
from collections.abc import Iterable

TARGETS = ("all", "attention", "attention_mlp", "double_blocks", "single_blocks")

_ATTENTION = r"attn\.(?:to_[qkv]|add_[qkv]_proj|to_out\.0|to_add_out)"
_MLP = r"ff(?:_context)?\.net\.(?:0\.proj|2)|proj_mlp|proj_out"
_TIME = r"norm(?:1|1_context)?\.linear"
_BLOCK = r"(?:single_)?transformer_blocks\.\d+\."
_PATTERNS = {
    "all": rf"{_BLOCK}(?:{_ATTENTION}|{_MLP}|{_TIME})",
    "attention": rf"{_BLOCK}{_ATTENTION}",
    "attention_mlp": rf"{_BLOCK}(?:{_ATTENTION}|{_MLP})",
    "double_blocks": rf"transformer_blocks\.\d+\.(?:{_ATTENTION}|{_MLP}|{_TIME})",
    "single_blocks": rf"single_transformer_blocks\.\d+\.(?:{_ATTENTION}|{_MLP}|{_TIME})",
}


def target_names(linears: Iterable[str], targets: str) -> list[str]:
    """Of the model's linear layers: all of every block (in BFL's names 10 of a double block and 3 of a single one);
    attention alone, or with the MLPs; all of one kind of block."""
    pattern = re.compile(_PATTERNS[targets])
    return [name for name in linears if pattern.fullmatch(name)]
