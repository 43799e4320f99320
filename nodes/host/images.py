"""The host's IMAGE as PIL pictures and back."""

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image


def to_image(pictures: Sequence[Image.Image]) -> torch.Tensor:
    """RGB pictures of one size as the host's IMAGE, (n, h, w, 3) in 0..1."""
    return torch.stack([torch.from_numpy(np.asarray(picture.convert("RGB"), np.float32) / 255) for picture in pictures])


def from_image(images: torch.Tensor) -> list[Image.Image]:
    """The host's IMAGE as RGB pictures."""
    return [from_frame(image[..., :3]) for image in images]


def from_frame(frame: torch.Tensor) -> Image.Image:
    """One picture (h, w, 3 or 4) in 0..1 as RGB or RGBA."""
    return Image.fromarray(frame.clamp(0, 1).mul(255).round().to("cpu", torch.uint8).numpy())
