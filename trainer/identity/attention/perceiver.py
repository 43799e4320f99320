"""Attention from queries to other tokens, each normalised first: in PuLID's IDFormer, and in the blocks of FLUX."""

import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm, linear, scaled_dot_product_attention


class PerceiverAttention(nn.Module):
    """PerceiverAttention and PerceiverAttentionCA of `pulid/encoders_transformer.py` (ToTheBeginning/PuLID).

    With `looks_back` keys and values are made of the queries too, as in Flamingo's resampler; without, they are of the
    context alone, whose width may be another.
    """

    def __init__(self, query: int, context: int, inner: int, head: int, *, looks_back: bool) -> None:
        super().__init__()
        self.head, self.looks_back = head, looks_back
        self.norm1, self.norm2 = nn.LayerNorm(context), nn.LayerNorm(query)
        self.to_q = nn.Linear(query, inner, bias=False)
        self.to_kv = nn.Linear(context, 2 * inner, bias=False)
        self.to_out = nn.Linear(inner, query, bias=False)

    def forward(self, queries: Tensor, context: Tensor) -> Tensor:
        """(b, n, query) that look at (b, m, context): (b, n, query), to be added to the queries."""
        normed, seen = self.norm2(queries), self.norm1(context)
        if self.looks_back:
            seen = torch.cat((seen, normed), dim=1)
        key, value = self._keys_and_values(seen)
        found = scaled_dot_product_attention(in_heads(self.to_q(normed), self.head), key, value)
        return self.to_out(out_of_heads(found))

    def keys_and_values(self, context: Tensor) -> tuple[Tensor, Tensor]:
        """Of (b, m, context), each (b, heads, m, head): made once for every call, where it does not look back."""
        return self._keys_and_values(self.norm1(context))

    def _keys_and_values(self, seen: Tensor) -> tuple[Tensor, Tensor]:
        key, value = self.to_kv(seen).chunk(2, dim=-1)
        return in_heads(key, self.head), in_heads(value, self.head)


class Lookup(nn.Module):
    """What remains of a PerceiverAttention once keys and values are made: its queries' side, in the file's type.

    Weights go to where the queries are on every call; whoever runs it often moves the module there once.
    """

    def __init__(self, attention: PerceiverAttention) -> None:
        super().__init__()
        self.head = attention.head
        self.norm2, self.to_q, self.to_out = attention.norm2, attention.to_q, attention.to_out

    def forward(self, queries: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """(b, n, query), with key and value (b, heads, m, head) of its device and type: (b, n, query)."""
        weight, bias = self.norm2.weight.to(queries), self.norm2.bias.to(queries)
        asked = linear(layer_norm(queries, weight.shape, weight, bias), self.to_q.weight.to(queries))
        found = scaled_dot_product_attention(in_heads(asked, self.head), key, value)
        return linear(out_of_heads(found), self.to_out.weight.to(queries))


def in_heads(tokens: Tensor, head: int) -> Tensor:
    """(b, n, heads x head) as (b, heads, n, head)."""
    return tokens.reshape(*tokens.shape[:2], -1, head).transpose(1, 2)


def out_of_heads(tokens: Tensor) -> Tensor:
    """(b, heads, n, head) as (b, n, heads x head)."""
    return tokens.transpose(1, 2).flatten(2)
