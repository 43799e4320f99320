"""Which layers of FLUX.2 a LoRA wraps."""

import re
from collections.abc import Iterable

TARGETS = ("attention", "attention_mlp", "double_blocks", "single_blocks", "all")

_ATTENTION = r"transformer_blocks\.\d+\.attn\.(?:to_[qkv]|add_[qkv]_proj|to_out\.0|to_add_out)"
_MLP = r"transformer_blocks\.\d+\.ff(?:_context)?\.linear_(?:in|out)"
_SINGLE = r"single_transformer_blocks\.\d+\.attn\.(?:to_qkv_mlp_proj|to_out)"
_PATTERNS = {
    "attention": rf"{_ATTENTION}|{_SINGLE}",
    "attention_mlp": rf"{_ATTENTION}|{_MLP}|{_SINGLE}",
    "double_blocks": rf"{_ATTENTION}|{_MLP}",
    "single_blocks": _SINGLE,
    "all": rf"{_ATTENTION}|{_MLP}|{_SINGLE}",
}


def target_names(linears: Iterable[str], targets: str) -> list[str]:
    """Of the model's linear layers, by their whole names: `attn.to_out` is a list in one kind of block and a layer in
    the other.

    Attention and MLP of a single block are one matrix, which is both. The modulation that all blocks share is no
    target: one layer of it would move every block at once.
    """
    pattern = re.compile(_PATTERNS[targets])
    return [name for name in linears if pattern.fullmatch(name)]
