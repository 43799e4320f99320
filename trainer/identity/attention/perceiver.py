"""Attention from image tokens to an identity's, each normalised first, as PuLID has it after the blocks of FLUX."""

from torch import Tensor, nn
from torch.nn.functional import layer_norm, linear, scaled_dot_product_attention


class PerceiverAttentionCA(nn.Module):
    """The class of that name in `pulid/encoders_transformer.py` of ToTheBeginning/PuLID; `Lookup` runs it."""

    def __init__(self, query: int, context: int, inner: int, head: int) -> None:
        super().__init__()
        self.head = head
        self.norm1, self.norm2 = nn.LayerNorm(context), nn.LayerNorm(query)
        self.to_q = nn.Linear(query, inner, bias=False)
        self.to_kv = nn.Linear(context, 2 * inner, bias=False)
        self.to_out = nn.Linear(inner, query, bias=False)

    def keys_and_values(self, context: Tensor) -> tuple[Tensor, Tensor]:
        """Of (b, m, context), each (b, heads, m, head): made once, they serve every call."""
        key, value = self.to_kv(self.norm1(context)).chunk(2, dim=-1)
        return in_heads(key, self.head), in_heads(value, self.head)


class Lookup(nn.Module):
    """What remains of a PerceiverAttentionCA once keys and values are made: its queries' side, in the file's type.

    Weights go to where the queries are on every call; whoever runs it often moves the module there once.
    """

    def __init__(self, attention: PerceiverAttentionCA) -> None:
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
