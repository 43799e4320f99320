"""The toy's networks: an autoencoder without weights, words as vectors, and one attention block."""

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from trainer.storage.seeding import random_source

CHANNELS, FACTOR, WIDTH = 16, 8, 8


class Net(torch.nn.Module):
    """Latents (n, 16, h, w), time (n,) and words (n, length, 8) with their mask to what the latents' flow is."""

    def __init__(self) -> None:
        super().__init__()
        self.proj_in = torch.nn.Linear(CHANNELS, WIDTH)
        self.to_q, self.to_k, self.to_v = (torch.nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(3))
        self.to_out = torch.nn.Linear(WIDTH, CHANNELS)

    def forward(self, latents: Tensor, time: Tensor, words: Tensor, mask: Tensor) -> Tensor:
        tokens = self.proj_in(latents.flatten(2).transpose(1, 2)) + time.view(-1, 1, 1)
        told = torch.cat([words, tokens], dim=1)
        is_told = torch.cat([mask, torch.ones(tokens.shape[:2], dtype=torch.bool)], dim=1)
        seen = torch.nn.functional.scaled_dot_product_attention(
            self.to_q(tokens), self.to_k(told), self.to_v(told), attn_mask=is_told[:, None]
        )
        return self.to_out(tokens + seen).transpose(1, 2).view(latents.shape)


def words_of(caption: str) -> Tensor:
    """A vector a word, (words, 8), the same for the same word; one of zeros for no words."""
    rows = [torch.randn(WIDTH, generator=random_source(0, word)) for word in caption.replace(",", " ").split()]
    return torch.stack(rows) if rows else torch.zeros(1, WIDTH)


class ToyCodec:
    """Means of 8 × 8 pixels, spread over 16 channels by a fixed matrix with orthonormal columns."""

    channels, factor = CHANNELS, FACTOR

    def __init__(self) -> None:
        drawn = torch.randn(CHANNELS, 3, generator=torch.Generator().manual_seed(5))
        self._spread = torch.linalg.qr(drawn)[0]

    def encode(self, image: Image.Image) -> Tensor:
        pixels = torch.tensor(np.asarray(image.convert("RGB"), np.float32) / 127.5 - 1).permute(2, 0, 1)
        means = torch.einsum("cr,rhw->chw", self._spread, torch.nn.functional.avg_pool2d(pixels, FACTOR))
        return torch.cat([means, torch.full_like(means, -8.0)])

    def to_model(self, sample: Tensor) -> Tensor:
        return sample

    def decode(self, latents: Tensor) -> list[Image.Image]:
        colours = torch.einsum("cr,nchw->nrhw", self._spread, latents.float()).clamp(-1, 1)
        pixels = ((colours + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
        return [Image.fromarray(each).resize((each.shape[1] * FACTOR, each.shape[0] * FACTOR), 0) for each in pixels]
