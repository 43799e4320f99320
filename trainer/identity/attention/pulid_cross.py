"""PuLID in the cross-attentions of a UNet (`pulid/attention_processor.py` of ToTheBeginning/PuLID)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from ...errors import ModelError
from ..adapter import Rows
from .orthogonal import orthogonal, share_of_first
from .perceiver import in_heads, out_of_heads
from .token_rows import RowMask, TokenRows


@dataclass(frozen=True, kw_only=True)
class Method:
    """How the identity joins the text, and with how many empty tokens it competes; some kinds of file take others."""

    joins: Literal["plain", "ortho", "ortho v2"]
    zeros: int
    zeros_by_kind: Mapping[str, int] = field(default_factory=dict[str, int])

    def zeros_of(self, kind: str) -> int:
        return self.zeros_by_kind.get(kind, self.zeros)


METHODS: Mapping[str, Method] = {
    "fidelity": Method(joins="ortho v2", zeros=8, zeros_by_kind={"pulid_v1_1": 20}),
    "style": Method(joins="ortho", zeros=16),
    "neutral": Method(joins="plain", zeros=0),
    "none": Method(joins="plain", zeros=0),
}
"""By the names people know; `app.py` and `app_v1_1.py` of the reference give the numbers."""


class PulidAttention:
    """With keys and values (m, tokens, channels) of every layer's conditional and unconditional tokens, and its weight.

    Layers of weight 0 are not among `numbers`, and change no bit.
    """

    def __init__(
        self, layers: Mapping[int, TokenRows], weights: Mapping[int, float], joins: str, mask: Tensor | None = None
    ) -> None:
        self.numbers = frozenset(layers)
        self.weights = nn.ModuleDict({str(number): layer for number, layer in layers.items()})
        self._weights, self._joins = weights, joins
        self._mask = None if mask is None else RowMask(mask)

    def attend(self, number: int, query: Tensor, text: Tensor, rows: Rows) -> Tensor:
        """Attention to the text (b, n, channels) with the identity's; the very same tensor where nothing is added.

        ModelError where the layer is of another width than the file's.
        """
        if number not in self.numbers:
            return text
        key, value = self.weights[str(number)](rows, query)
        if key.shape[-1] != query.shape[-1]:
            raise ModelError(
                f"PuLID's layer {number} is {key.shape[-1]} wide and this base's {query.shape[-1]}: it is for SDXL."
            )
        head = query.shape[-1] // rows.heads
        asked, keys, values = (in_heads(each, head) for each in (query, key, value))
        identity = out_of_heads(scaled_dot_product_attention(asked, keys, values))
        weight = self._weights[number]
        if self._joins == "plain":
            return torch.add(
                text, identity if self._mask is None else identity * self._mask.of(rows, text), alpha=weight
            )
        share = share_of_first(asked, keys) if self._joins == "ortho v2" else 0.0
        here = weight if self._mask is None else weight * self._mask.of(rows, text).float()
        return orthogonal(text, identity, here, share).to(text.dtype)
