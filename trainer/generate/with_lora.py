"""A generator whose every shot has the same LoRA."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PIL import Image

from .attachments import Attachment, Lora
from .shot import Generator, Shot


@dataclass(frozen=True, kw_only=True)
class WithLora:
    """`lora` on `generator`'s pictures, whatever their shots say."""

    generator: Generator
    lora: Lora

    @property
    def supports(self) -> frozenset[type[Attachment]]:
        return self.generator.supports

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        return self.generator.generate([shot.with_lora(self.lora) for shot in shots])
