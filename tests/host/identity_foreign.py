"""Of the host's interpreter: what other packs put into the slots of attention, and what it must come to."""

from typing import Any

import comfy.ldm.modules.attention
from identity_parts import Cross
from torch import Tensor


def grown(out: Tensor, *_: Any, **__: Any) -> Tensor:
    return 0.25 * out


class Foreign:
    """What popular packs put into a slot: one object whose callbacks' answers are added."""

    def __init__(self, callback: Any) -> None:
        self.callback = callback

    def __call__(self, q: Tensor, k: Tensor, v: Tensor, options: Any) -> Tensor:
        out = comfy.ldm.modules.attention.optimized_attention(q, k, v, options["n_heads"])
        return out + self.callback(out, q, k, v, options)


class Over(Cross):
    """As if text attention were larger."""

    def attend(self, number: int, query: Tensor, text: Tensor, rows: Any) -> Tensor:
        return super().attend(number, query, 1.25 * text, rows)


class Under(Cross):
    """As if all were larger."""

    def attend(self, number: int, query: Tensor, text: Tensor, rows: Any) -> Tensor:
        return 1.25 * super().attend(number, query, text, rows)
