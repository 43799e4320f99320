"""What every captioner is, and what it says of a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from PIL import Image

from ...dataset.sample import Author

Category = Literal["general", "character"]
MOST_SOURCES = 4
"""Captioners whose words can be held side by side."""


@dataclass(frozen=True)
class Tag:
    """One word of a tagger in the tagger's own spelling, its score in 0..1."""

    name: str
    category: Category
    score: float


@dataclass(frozen=True)
class RawCaption:
    """A caption as it would be written down, and the tags behind it; characters are among the tags but not the text."""

    text: str
    tags: tuple[Tag, ...] = ()


class Captioner(Protocol):
    """Anything that captions pictures.

    `key` changes with whatever could change its words: the model's files and its options. `batch` is how many pictures
    it likes at once.
    """

    @property
    def name(self) -> str: ...

    @property
    def author(self) -> Author: ...

    @property
    def key(self) -> str: ...

    @property
    def batch(self) -> int: ...

    def caption(self, images: Sequence[Image.Image]) -> list[RawCaption]:
        """One answer a picture, in order. LikenessError stops the run; any other error is of these pictures only."""
        ...
