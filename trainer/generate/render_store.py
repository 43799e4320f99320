"""Where rendered pictures are kept: one file a key, as runs and comparisons name theirs."""

from pathlib import Path
from typing import Protocol

from PIL import Image

from ..errors import DatasetError
from ..images.picture_file import write_picture
from ..images.pixels import load_rgb, pixel_sha256
from ..images.store import StoredImage


class RenderStore(Protocol):
    """Pictures by the key of what they were made from: `images.store`'s, or a KeyedPictures."""

    def find(self, key: str) -> tuple[StoredImage, Image.Image] | None:
        """What was kept under a key, whole; None where there is nothing or only part of it."""
        ...

    def keep(self, key: str, image: Image.Image) -> StoredImage: ...

    def put(self, image: Image.Image) -> StoredImage:
        """A picture that no key finds again."""
        ...


class KeyedPictures:
    """`<key>.png` in one folder; a torn file counts as none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, key: str) -> Path:
        return self._folder / f"{key}.png"

    def find(self, key: str) -> tuple[StoredImage, Image.Image] | None:
        try:
            image = load_rgb(self.path(key))
        except DatasetError:
            return None
        return _described(image), image

    def keep(self, key: str, image: Image.Image) -> StoredImage:
        """Whole or not at all; OSError when the disk refuses, for the owner of the folder to put into words."""
        rgb = image.convert("RGB")
        write_picture(self.path(key), rgb, is_quick=True)
        return _described(rgb)

    def put(self, image: Image.Image) -> StoredImage:
        return self.keep(pixel_sha256(image), image)


def _described(image: Image.Image) -> StoredImage:
    return StoredImage(pixel_sha256(image), image.width, image.height)
