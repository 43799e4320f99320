"""What to make a picture of, and the one seam that makes it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from PIL import Image

from ..errors import ModelError
from ..images.pixels import load_rgb


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One picture to make: sizes in pixels, `lora` applied to UNet and text encoders at `strength`.

    `start` is a picture of that very size to begin from; `denoise` in (0, 1] is how much of the way to noise it goes
    first, 1 leaving nothing of it. `steps` are all drawn whatever the denoise, as in ComfyUI's KSampler.
    `references` are pictures that an edit model is shown, each in its own shape; `hint` is what a ControlNet follows.
    """

    prompt: str
    negative: str = ""
    seed: int = 0
    width: int = 1024
    height: int = 1024
    steps: int = 20
    guidance: float = 5.0
    lora: Path | None = None
    strength: float = 1.0
    start: Path | None = None
    denoise: float = 1.0
    references: tuple[Path, ...] = ()
    hint: Path | None = None

    def __post_init__(self) -> None:
        if not 0 < self.denoise <= 1:
            raise ModelError(f"A denoise of {self.denoise:g} draws nothing new; use more than 0 and at most 1.")

    @property
    def apart(self) -> "Shot":
        """What shots drawn together must share: all but words, seed and the pixels they start from."""
        start = None if self.start is None else Path()
        return replace(self, prompt="", negative="", seed=0, start=start)

    def opened_start(self) -> Image.Image | None:
        """The picture to begin from; None without one. ModelError when it is not of the shot's size."""
        if self.start is None:
            return None
        image = load_rgb(self.start)
        if image.size != (self.width, self.height):
            wide, high = image.size
            raise ModelError(
                f"{self.start.name} is {wide} x {high} and cannot begin a picture of {self.width} x {self.height}."
            )
        return image


class Generator(Protocol):
    """Makes pictures of shots: diffusers headless, the host's sampler in the graph, a fake in tests."""

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        """Yield one RGB picture a shot, in order. Neighbours that differ only in prompt and seed may share a batch."""
        ...
