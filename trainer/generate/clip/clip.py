"""What to make a clip of, and the seam that makes it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

from PIL import Image

from ...errors import ModelError
from ...storage.seeding import derived_seed
from ..shot import Shot

MOST_FRAMES = 128
"""Latents and pictures of a clip are in memory together: 128 frames of 1024 pixels squared are 400 MB."""


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A shot that lasts: its words, size and LoRA for every frame. ModelError for too many frames, and for none."""

    shot: Shot
    frames: int = 16

    def __post_init__(self) -> None:
        if not 1 <= self.frames <= MOST_FRAMES:
            raise ModelError(f"A clip has 1 to {MOST_FRAMES} frames, not {self.frames}; draw a longer one in parts.")

    @property
    def shots(self) -> tuple[Shot, ...]:
        """One a frame. A frame's noise depends on the clip's seed and its number, not on how many there are."""
        seed = self.shot.seed
        return tuple(replace(self.shot, seed=derived_seed(seed, "frame", number)) for number in range(self.frames))

    def by_content(self) -> dict[str, Any]:
        """Everything that decides its frames beside the weights and the motion module, as plain JSON."""
        return {"frames": self.frames, "shot": self.shot.by_content()}


class ClipGenerator(Protocol):
    """Makes clips: a motion module in our own weights headless, the host's sampler in the graph, a fake in tests."""

    def generate_clip(self, clip: Clip) -> Iterator[Image.Image]:
        """Yield the clip's frames, RGB, in order."""
        ...
