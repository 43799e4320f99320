"""Which layers of Z-Image a LoRA wraps."""

import re
from collections.abc import Iterable

TARGETS = ("attention", "attention_mlp", "all")

_ATTENTION = r"attention\.(?:to_[qkv]|to_out\.0)"
_MLP = r"feed_forward\.w[123]"
_BLOCK = r"(?:layers|noise_refiner|context_refiner)\.\d+\."
_PATTERNS = {
    "attention": rf"{_BLOCK}(?:{_ATTENTION})",
    "attention_mlp": rf"{_BLOCK}(?:{_ATTENTION}|{_MLP})",
    "all": rf"{_BLOCK}(?:{_ATTENTION}|{_MLP}|adaLN_modulation\.0)",
}


def target_names(linears: Iterable[str], targets: str) -> list[str]:
    """Of the model's linear layers: attention, with the feed-forward, or all of every block with its modulation.

    The two pairs of blocks that refine captions and noise before they meet are blocks like the thirty others, as
    diffusers' script has it; OneTrainer leaves them out.
    """
    pattern = re.compile(_PATTERNS[targets])
    return [name for name in linears if pattern.fullmatch(name)]
