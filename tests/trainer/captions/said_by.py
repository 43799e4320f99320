"""Captioners for tests: one that says what it is told to, picture by picture."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PIL import Image

from trainer.captions.captioners.captioner import RawCaption
from trainer.dataset.sample import Author
from trainer.images.pixels import pixel_sha256


@dataclass
class FakeCaptioner:
    """Says `words(sha256)` of each picture; `asked` are the batches it was given, by sha256."""

    words: Callable[[str], RawCaption] = lambda sha256: RawCaption(f"picture {sha256[:8]}")
    name: str = "fake"
    author: Author = "vlm"
    key: str = "fake 1"
    batch: int = 2
    asked: list[list[str]] = field(default_factory=list[list[str]])

    def caption(self, images: Sequence[Image.Image]) -> list[RawCaption]:
        self.asked.append([pixel_sha256(image) for image in images])
        return [self.words(sha256) for sha256 in self.asked[-1]]
