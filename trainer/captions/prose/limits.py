"""How long captions may be: the text encoders' limits, a count without their files, and cutting to fit."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from .phrase import sentences_of

FAMILIES: dict[str, int] = {"sdxl": 75, "sd15": 75, "sdxl_225": 225, "flux": 512, "sd3": 256, "qwen": 0, "wan": 512}
"""Tokens a caption may have without its start and end marks; 0 is no limit. `sdxl_225` is kohya's max_token_length."""

Counts = Callable[[str], int]
_PIECE = re.compile(r"[a-zA-Z]{1,10}|[^\s\w]+|\d|_+|[^\W\d_]{1,10}")


def estimate_tokens(text: str) -> int:
    """About what CLIP counts: words (long ones as two), digits and marks one each. Within a tenth on plain English."""
    return sum(map(_pieces, text.split()))


@lru_cache(maxsize=8192)
def _pieces(word: str) -> int:
    return len(_PIECE.findall(word))


def fit(
    slots: Sequence[Sequence[str]], sentence: str, fixed: str, room: tuple[int | None, Counts]
) -> tuple[list[list[str]], str, int]:
    """Leave out whole fragments until `fixed`, `slots` and `sentence` fit the limit of `room`.

    The sentence loses its last sentences first; then the fullest slot its last fragment, so that no slot empties while
    another has two. Returns slots, sentence and how many fragments were left out.
    """
    limit, count = room
    kept, text, cut = [list(slot) for slot in slots], sentence, 0
    if limit is None:
        return kept, text, 0
    while count(joined(fixed, kept, text)) > limit:
        if shorter := _shorter(text):
            text = shorter
        elif any(kept):
            max(reversed(kept), key=len).pop()
        elif text:
            text = ""
        else:
            break
        cut += 1
    return kept, text, cut


def joined(fixed: str, slots: Iterable[Sequence[str]], text: str) -> str:
    """The caption: `fixed`, the fragments of every slot in order, then the sentences."""
    return ", ".join(part for part in (fixed, *(part for slot in slots for part in slot), text) if part)


def _shorter(text: str) -> str:
    """`text` without its last sentence, or its last clause where there is one sentence; "" where neither can go."""
    parts = sentences_of(text)
    if len(parts) > 1:
        return "".join(parts[:-2])
    clauses = text.rstrip(".").rsplit(",", 1)
    return clauses[0] if len(clauses) > 1 else ""
