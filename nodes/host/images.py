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


def as_saved(images: torch.Tensor) -> list[Image.Image]:
    """The host's IMAGE as RGB pictures of the very bytes that its SaveImage writes: what is beyond a whole number is
    cut off, where `from_image` rounds, so that a picture that was loaded is the same again."""
    scaled = images[..., :3].to("cpu", torch.float32).mul(255).clamp(0, 255).to(torch.uint8)
    return [Image.fromarray(frame.numpy()) for frame in scaled]


def from_frame(frame: torch.Tensor) -> Image.Image:
    """One picture (h, w, 3 or 4) in 0..1 as RGB or RGBA."""
    return Image.fromarray(frame.clamp(0, 1).mul(255).round().to("cpu", torch.uint8).numpy())
