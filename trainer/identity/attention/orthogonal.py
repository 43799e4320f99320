"""How PuLID's attention joins the text's: only with what the text does not say already.

h is attention to the text and d to the identity's tokens. Of each channel, P is the part of d along h, both read over
all tokens of the picture: P = (sum h d / sum h h) h.
"""

from functools import reduce

import torch
from torch import Tensor

_MOST_VALUES = 1 << 24
"""Of an attention map that are held at a time: 64 MiB."""


def orthogonal(text: Tensor, identity: Tensor, weight: Tensor | float, share: Tensor | float = 0.0) -> Tensor:
    """h + weight (d + (share - 1) P) in fp32, of h and d (b, n, channels); `weight` may be one a token, (b, n, 1).

    `ortho` of `pulid/attention_processor.py` (ToTheBeginning/PuLID) where `share` is 0, `ortho_v2` with
    `share_of_first`. Channels in which the text is silent get all of d.
    """
    text = text.float()
    along = (text * identity).sum(dim=-2, keepdim=True)
    power = (text * text).sum(dim=-2, keepdim=True)
    part = text * (along / power.clamp_min(torch.finfo(torch.float32).tiny))
    return _plus(_plus(text, part, weight * (share - 1)), identity, weight)


def share_of_first(query: Tensor, key: Tensor, first: int = 5) -> Tensor:
    """How much each picture token looks at the `first` tokens of the identity: (b, n, 1) in fp32, 0 to 1.

    Of query (b, heads, n, d) and key (b, heads, m, d): the mean over heads of the softmax over m of their products,
    which are not scaled. A few heads at a time, so that the map needs little memory whatever the picture's size.
    """
    batch, heads, tokens, _ = query.shape
    step = max(1, _MOST_VALUES // (batch * tokens * key.shape[2]))
    parts: list[Tensor] = []
    for begin in range(0, heads, step):
        some = slice(begin, begin + step)
        map_of_heads = (query[:, some] @ key[:, some].transpose(-2, -1)).softmax(dim=-1, dtype=torch.float32)
        parts.append(map_of_heads[..., :first].sum(dim=(1, 3)))
    return (reduce(torch.add, parts) / heads).unsqueeze(-1)


def _plus(one: Tensor, other: Tensor, factor: Tensor | float) -> Tensor:
    """one + factor * other in a single pass: this runs in every layer of every step."""
    if isinstance(factor, Tensor):
        return torch.addcmul(one, other.to(one.dtype), factor)
    return torch.add(one, other, alpha=factor)
