"""Latents as FLUX.2 has them: 2 × 2 of the autoencoder's are channels of one, and one is a token."""

import torch
from torch import Tensor

PATCH = 2


def patched(latents: Tensor) -> Tensor:
    """(n, c, h, w) to (n, 4c, h/2, w/2)."""
    count, channels, height, width = latents.shape
    cut = latents.reshape(count, channels, height // PATCH, PATCH, width // PATCH, PATCH)
    return cut.permute(0, 1, 3, 5, 2, 4).reshape(count, channels * PATCH**2, height // PATCH, width // PATCH)


def unpatched(latents: Tensor) -> Tensor:
    """The way back."""
    count, channels, height, width = latents.shape
    cut = latents.reshape(count, channels // PATCH**2, PATCH, PATCH, height, width)
    return cut.permute(0, 1, 4, 2, 5, 3).reshape(count, channels // PATCH**2, height * PATCH, width * PATCH)


def packed(latents: Tensor) -> Tensor:
    """(n, c, h, w) to tokens (n, hw, c)."""
    return latents.flatten(2).transpose(1, 2)


def unpacked(tokens: Tensor, height: int, width: int) -> Tensor:
    """The way back, to latents of that height and width."""
    count, _, channels = tokens.shape
    return tokens.transpose(1, 2).reshape(count, channels, height, width)


def picture_ids(height: int, width: int) -> Tensor:
    """Picture (0), row, column and word (0) of each token of latents of that size, (tokens, 4)."""
    return torch.cartesian_prod(
        torch.zeros(1), torch.arange(height).float(), torch.arange(width).float(), torch.zeros(1)
    )


def word_ids(length: int) -> Tensor:
    """The same of a caption's words, (length, 4)."""
    ids = torch.zeros(length, 4)
    ids[:, 3] = torch.arange(length)
    return ids
