"""Tokens of what an image encoder said of each picture in one vector."""

from collections.abc import Callable

import torch
from torch import Tensor

from ..kinds import AdapterKind
from ..references import References, Tokens
from ..seen import combined, seen_images
from ..use import Use


@torch.no_grad()
def pooled_tokens(
    kind: AdapterKind, references: References, use: Use, width: int, project: Callable[[Tensor], Tensor]
) -> Tokens:
    """`project` makes (n, t, context) of (n, width); of nothing it is asked by a vector of zeros.

    Several pictures' tokens stand side by side, unless `use.options["each"]` says that every latent has one.
    """
    pooled = combined(seen_images(kind, references.pooled, width), use.combine)
    own, others = project(pooled), project(torch.zeros_like(pooled[:1]))
    if use.options.get("each"):
        return Tokens(own, others)
    return Tokens(own.flatten(0, 1).unsqueeze(0), others.repeat(1, len(own), 1))
