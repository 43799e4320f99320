"""Latents as FLUX.1's transformer sees them: a token for 2 × 2 of them, and where each token lies."""

import torch
import torch.nn.functional as F
from torch import Tensor

PATCH = 2


def packed(latents: Tensor) -> Tensor:
    """(n, c, h, w) to (n, ⌈h/2⌉⌈w/2⌉, 4c); what an odd side lacks is taken from the other end, as ComfyUI does."""
    count, channels, height, width = latents.shape
    if height % PATCH or width % PATCH:
        latents = F.pad(latents, (0, width % PATCH, 0, height % PATCH), mode="circular")
    rows, columns = grid(height, width)
    tokens = latents.view(count, channels, rows, PATCH, columns, PATCH).permute(0, 2, 4, 1, 3, 5)
    return tokens.reshape(count, rows * columns, channels * PATCH**2)


def unpacked(tokens: Tensor, height: int, width: int) -> Tensor:
    """The way back, to latents of that height and width."""
    rows, columns = grid(height, width)
    count, channels = len(tokens), tokens.shape[-1] // PATCH**2
    latents = tokens.view(count, rows, columns, channels, PATCH, PATCH).permute(0, 3, 1, 4, 2, 5)
    return latents.reshape(count, channels, rows * PATCH, columns * PATCH)[..., :height, :width]


def positions(height: int, width: int) -> Tensor:
    """Picture (0), row and column of each token of latents of that size, (tokens, 3)."""
    rows, columns = grid(height, width)
    row, column = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    return torch.stack([torch.zeros_like(row), row, column], dim=-1).reshape(-1, 3).float()


def grid(height: int, width: int) -> tuple[int, int]:
    """Rows and columns of tokens."""
    return -(-height // PATCH), -(-width // PATCH)
