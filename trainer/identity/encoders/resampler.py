"""The perceiver that makes a few tokens of many: of CLIP's patches, or of one face embedding."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from .filled import Shapes

_HEAD = 64
"""Channels of a head in all published files; files do not tell."""


@dataclass(frozen=True, kw_only=True)
class PerceiverSizes:
    """Width of what is read, of the latents, of all heads together, of the wide layer and of the tokens, and depth."""

    features: int
    width: int
    inner: int
    wide: int
    out: int
    depth: int

    @classmethod
    def of(cls, shapes: Shapes) -> "PerceiverSizes":
        """From a file's shapes; KeyError where one that tells them is missing."""
        width, features = shapes["proj_in.weight"]
        return cls(
            features=features,
            width=width,
            inner=shapes["layers.0.0.to_q.weight"][0],
            wide=shapes["layers.0.1.1.weight"][0],
            out=shapes["proj_out.weight"][0],
            depth=sum(name.endswith(".0.to_q.weight") for name in shapes),
        )


class PerceiverAttention(nn.Module):
    """Latents read features and themselves; q and k are each scaled by head^(-1/4) (ip_adapter/resampler.py)."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.heads = max(1, inner // _HEAD)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.to_q = nn.Linear(width, inner, bias=False)
        self.to_kv = nn.Linear(width, 2 * inner, bias=False)
        self.to_out = nn.Linear(inner, width, bias=False)

    def forward(self, features: Tensor, latents: Tensor) -> Tensor:
        """(b, n, width) and (b, t, width) -> (b, t, width)."""
        latents = self.norm2(latents)
        key, value = self.to_kv(torch.cat([self.norm1(features), latents], dim=1)).chunk(2, dim=-1)
        query, key, value = (
            tokens.unflatten(-1, (self.heads, -1)).transpose(1, 2) for tokens in (self.to_q(latents), key, value)
        )
        read = functional.scaled_dot_product_attention(query, key, value)
        return self.to_out(read.transpose(1, 2).flatten(2))


class Perceiver(nn.Module):
    """Features in, given latents out as tokens: the half of FaceID Plus that looks at the picture."""

    def __init__(self, sizes: PerceiverSizes) -> None:
        super().__init__()
        self.features, width = sizes.features, sizes.width
        self.proj_in = nn.Linear(self.features, width)
        self.proj_out = nn.Linear(width, sizes.out)
        self.norm_out = nn.LayerNorm(sizes.out)
        self.layers = nn.ModuleList(
            nn.ModuleList([PerceiverAttention(width, sizes.inner), _feed_forward(width, sizes.wide)])
            for _ in range(sizes.depth)
        )

    def read(self, latents: Tensor, features: Tensor) -> Tensor:
        """(b, t, width) and (b, n, features) -> (b, t, out)."""
        features = self.proj_in(features)
        for attention, feed_forward in cast(Iterable[tuple[nn.Module, nn.Module]], self.layers):
            latents = latents + attention(features, latents)
            latents = latents + feed_forward(latents)
        return self.norm_out(self.proj_out(latents))


class Resampler(Perceiver):
    """A perceiver with latents of its own: IP-Adapter Plus over CLIP's patches, InstantID over one face embedding."""

    def __init__(self, shapes: Shapes) -> None:
        """Of a file's shapes without their prefix."""
        super().__init__(PerceiverSizes.of(shapes))
        self.latents = nn.Parameter(torch.empty(shapes["latents"]))

    def forward(self, features: Tensor) -> Tensor:
        """(b, n, features) -> (b, queries, out)."""
        return self.read(self.latents.expand(len(features), -1, -1), features)


def _feed_forward(width: int, wide: int) -> nn.Sequential:
    return nn.Sequential(
        nn.LayerNorm(width), nn.Linear(width, wide, bias=False), nn.GELU(), nn.Linear(wide, width, bias=False)
    )
