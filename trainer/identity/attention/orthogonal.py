"""How PuLID's attention joins the text's: plainly, or only with what the text does not say already.

h is attention to the text and d to the identity's tokens. Of each channel, P is the part of d along h, both read over
all tokens of the picture: P = (sum h d / sum h h) h.
"""

import torch
from torch import Tensor

_MOST_VALUES = 1 << 24
"""Of an attention map that are held at a time: 64 MiB."""


def orthogonal(text: Tensor, identity: Tensor, share: Tensor | float = 0.0) -> Tensor:
    """d + (share - 1) P in fp32, of h and d (b, n, channels); what is orthogonal to the text where `share` is 0.

    `ortho` and `ortho_v2` of `pulid/attention_processor.py` (ToTheBeginning/PuLID), the latter with `share_of_first`.
    Channels in which the text is silent keep all of d.
    """
    text, identity = text.float(), identity.float()
    along = (text * identity).sum(dim=-2, keepdim=True)
    power = (text * text).sum(dim=-2, keepdim=True)
    part = along / power.clamp_min(torch.finfo(torch.float32).tiny) * text
    return identity + (share - 1) * part


def share_of_first(query: Tensor, key: Tensor, first: int = 5) -> Tensor:
    """How much each picture token looks at the `first` tokens of the identity: (b, n, 1) in fp32, 0 to 1.

    Of query (b, heads, n, d) and key (b, heads, m, d): the mean over heads of the softmax over m of their products,
    which are not scaled. A few heads at a time, so that the map needs little memory whatever the picture's size.
    """
    batch, heads, tokens, _ = query.shape
    step = max(1, _MOST_VALUES // (batch * tokens * key.shape[2]))
    total = torch.zeros((batch, tokens), dtype=torch.float32, device=query.device)
    for begin in range(0, heads, step):
        some = slice(begin, begin + step)
        products = query[:, some].float() @ key[:, some].float().transpose(-2, -1)
        total += products.softmax(dim=-1)[..., :first].sum(dim=(1, 3))
    return (total / heads).unsqueeze(-1)
