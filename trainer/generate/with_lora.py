"""A generator whose every shot wears the same LoRA."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from .shot import Generator, Shot


@dataclass(frozen=True, kw_only=True)
class Wearing:
    """`lora` at `strength` on `generator`'s pictures, whatever their shots say."""

    generator: Generator
    lora: Path
    strength: float = 1.0

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        return self.generator.generate([replace(shot, lora=self.lora, strength=self.strength) for shot in shots])
