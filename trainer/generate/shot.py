"""What to make a picture of, and the one seam that makes it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PIL import Image


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One picture to make: sizes in pixels, `lora` applied to UNet and text encoders at `strength`."""

    prompt: str
    negative: str = ""
    seed: int = 0
    width: int = 1024
    height: int = 1024
    steps: int = 20
    guidance: float = 5.0
    lora: Path | None = None
    strength: float = 1.0


class Generator(Protocol):
    """Makes pictures of shots: diffusers headless, the host's sampler in the graph, a fake in tests."""

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        """Yield one RGB picture a shot, in order. Neighbours that differ only in prompt and seed may share a batch."""
        ...
