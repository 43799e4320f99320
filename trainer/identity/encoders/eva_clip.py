"""EVA02-CLIP-L-14-336's picture half, as PuLID reads it (Fang et al. 2023, arXiv 2303.11331; 2303.15389)."""

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, normalize, scaled_dot_product_attention, silu

from ..attention.perceiver import in_heads, out_of_heads
from .filled import Shapes

TAPS = (4, 8, 12, 16, 20)
"""Blocks whose input PuLID reads."""
_HEAD, _EPS = 64, 1e-6
_LEARNED_GRID = 16
"""Rows and columns of patches that its positions were learned on."""


class EvaVision(nn.Module):
    """`eva_clip/eva_vit_model.py: EVAVisionTransformer` of ToTheBeginning/PuLID with rope, SwiGLU and sub-LN."""

    cls_token: nn.Parameter
    pos_embed: nn.Parameter

    def __init__(self, shapes: Shapes) -> None:
        super().__init__()
        width, colours, patch, _ = shapes["patch_embed.proj.weight"]
        inner = shapes["blocks.0.mlp.w1.weight"][0]
        tokens = shapes["pos_embed"][1]
        self.grid = round((tokens - 1) ** 0.5)
        self.side = self.grid * patch
        self.cls_token = nn.Parameter(torch.empty(1, 1, width))
        self.pos_embed = nn.Parameter(torch.empty(1, tokens, width))
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(colours, width, patch, stride=patch)})
        self.blocks = nn.ModuleList([_Block(width, inner) for _ in range(depth(shapes))])
        self.norm = nn.LayerNorm(width, eps=_EPS)
        self.head = nn.Linear(width, shapes["head.weight"][0])

    def forward(self, pixels: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Pictures (b, 3, 336, 336) after CLIP's normalisation: their embedding (b, 768) of length 1, and the hidden
        states (b, 577, 1024) that enter blocks 4, 8, 12, 16 and 20, class token first."""
        patches = self.patch_embed["proj"](pixels).flatten(2).transpose(1, 2)
        tokens = torch.cat((self.cls_token.expand(len(pixels), -1, -1), patches), dim=1) + self.pos_embed
        turns = turns_of(self.grid, _HEAD, tokens)
        levels: list[Tensor] = []
        for number, block in enumerate(self.blocks):
            if number in TAPS:
                levels.append(tokens)
            tokens = block(tokens, turns)
        return normalize(self.head(self.norm(tokens)[:, 0]), dim=-1), tuple(levels)


class _Block(nn.Module):
    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(width, eps=_EPS), _Attention(width)
        self.norm2, self.mlp = nn.LayerNorm(width, eps=_EPS), _SwiGLU(width, inner)

    def forward(self, tokens: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
        tokens = tokens + self.attn(self.norm1(tokens), turns)
        return tokens + self.mlp(self.norm2(tokens))


class _Attention(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(width, width, bias=False) for _ in range(3))
        self.q_bias, self.v_bias = nn.Parameter(torch.empty(width)), nn.Parameter(torch.empty(width))
        self.inner_attn_ln = nn.LayerNorm(width, eps=_EPS)
        self.proj = nn.Linear(width, width)

    def forward(self, tokens: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
        query = in_heads(linear(tokens, self.q_proj.weight, self.q_bias), _HEAD)
        key = in_heads(self.k_proj(tokens), _HEAD)
        value = in_heads(linear(tokens, self.v_proj.weight, self.v_bias), _HEAD)
        found = scaled_dot_product_attention(_turned(query, turns), _turned(key, turns), value)
        return self.proj(self.inner_attn_ln(out_of_heads(found)))


class _SwiGLU(nn.Module):
    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.w1, self.w2 = nn.Linear(width, inner), nn.Linear(width, inner)
        self.ffn_ln = nn.LayerNorm(inner, eps=_EPS)
        self.w3 = nn.Linear(inner, width)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.w3(self.ffn_ln(silu(self.w1(tokens)) * self.w2(tokens)))


def depth(shapes: Shapes) -> int:
    """How many blocks the weights are of."""
    return len({name.split(".")[1] for name in shapes if name.startswith("blocks.")})


def turns_of(grid: int, head: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """Cosine and sine (grid x grid, head) of the positions' angles: rows turn the first half, columns the second.

    The grid is laid over the one they were learned on (RoPE, Su et al. 2021, with interpolated positions).
    """
    quarter = torch.arange(0, head // 2, 2, dtype=torch.float32) / (head // 2)
    places = torch.arange(grid, dtype=torch.float32) / grid * _LEARNED_GRID
    angles = torch.outer(places, 10000.0**-quarter).repeat_interleave(2, dim=1)
    rows, columns = angles[:, None].expand(-1, grid, -1), angles[None].expand(grid, -1, -1)
    both = torch.cat((rows, columns), dim=-1).flatten(0, 1)
    return both.cos().to(like), both.sin().to(like)


def _turned(tokens: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
    """(b, heads, 1 + grid x grid, head) with every pair of values turned by its angle; the class token stays."""
    whole, patches = tokens[:, :, :1], tokens[:, :, 1:]
    first, second = patches[..., 0::2], patches[..., 1::2]
    across = torch.stack((-second, first), dim=-1).flatten(-2)
    return torch.cat((whole, patches * turns[0] + across * turns[1]), dim=2)
