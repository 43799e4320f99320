"""A folder that remembers the pictures made in it, so that none is made twice: files by contents, notes by inputs."""

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from ..errors import DatasetError, RunError
from ..storage.atomic import write_atomically
from ..storage.values import canonical_json, read_json
from .pixels import load_rgb, pixel_sha256

_NOTES = ".notes"


@dataclass(frozen=True)
class StoredImage:
    """A picture in a store, by the sha256 of its pixels."""

    sha256: str
    width: int
    height: int

    @property
    def name(self) -> str:
        """Its file, relative to the store's folder."""
        return f"{self.sha256}.png"


class ImageStore:
    """`<sha256>.png` and `.notes/<key>.json` in one folder. A note whose picture is lost or torn is not believed.

    Whatever writes raises DatasetError naming the file when the disk refuses.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, stored: StoredImage) -> Path:
        return self._folder / stored.name

    def find(self, key: str) -> tuple[StoredImage, Image.Image] | None:
        """What was made from these inputs, if it is still there whole."""
        note = self.note(key)
        if note is None:
            return None
        try:
            stored = StoredImage(**note)
        except TypeError:
            return None
        image = self._whole(stored)
        return None if image is None else (stored, image)

    def keep(self, key: str, image: Image.Image) -> StoredImage:
        """Store a picture under its inputs. The picture first: a note is the promise that it is whole."""
        stored = self.put(image)
        self.write(_note_name(key), canonical_json(asdict(stored)).encode())
        return stored

    def put(self, image: Image.Image) -> StoredImage:
        """Store a picture without a note."""
        stored = StoredImage(pixel_sha256(image), image.width, image.height)
        if self._whole(stored) is None:
            png = io.BytesIO()
            image.save(png, "PNG", compress_level=4)
            self.write(stored.name, png.getvalue())
        return stored

    def note(self, key: str) -> dict[str, Any] | None:
        """What was noted under a key; None where there is nothing, or nothing that can be read."""
        try:
            return read_json(self._folder / _note_name(key), RunError)
        except RunError:
            return None

    def keep_note(self, key: str, note: Mapping[str, Any]) -> None:
        self.write(_note_name(key), json.dumps(note).encode())

    def write(self, name: str, data: bytes) -> None:
        """A file of the folder, whole or not at all."""
        try:
            write_atomically(self._folder / name, data)
        except OSError as fault:
            why = fault.strerror or str(fault)
            raise DatasetError(
                f"Cannot write {self._folder / name}: {why}. Free some space or choose another folder."
            ) from fault

    def _whole(self, stored: StoredImage) -> Image.Image | None:
        try:
            image = load_rgb(self.path(stored))
        except DatasetError:
            return None
        return image if pixel_sha256(image) == stored.sha256 else None


def _note_name(key: str) -> str:
    return f"{_NOTES}/{key}.json"
