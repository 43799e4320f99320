"""What a folder of made pictures remembers, so that nothing is done twice: pictures by contents, notes by inputs."""

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
    """A picture on the shelf, by the sha256 of its pixels."""

    sha256: str
    width: int
    height: int


class ImageStore:
    """`<sha256>.png` with notes. A note whose picture is lost or torn is not believed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, kept: StoredImage) -> Path:
        return self._folder / f"{kept.sha256}.png"

    def picture(self, key: str) -> tuple[StoredImage, Image.Image] | None:
        """What was drawn from these inputs, if it is still there whole."""
        note = self.note(key)
        if note is None:
            return None
        try:
            kept = StoredImage(**note)
        except TypeError:
            return None
        image = self._whole(kept)
        return None if image is None else (kept, image)

    def keep(self, key: str, image: Image.Image) -> StoredImage:
        """The picture first: a note is the promise that it is whole."""
        kept = self.put(image)
        self._write(f"{_NOTES}/{key}.json", canonical_json(asdict(kept)).encode())
        return kept

    def put(self, image: Image.Image) -> StoredImage:
        """A picture without a note."""
        kept = StoredImage(pixel_sha256(image), image.width, image.height)
        if self._whole(kept) is None:
            png = io.BytesIO()
            image.save(png, "PNG", compress_level=4)
            self._write(self.path(kept).name, png.getvalue())
        return kept

    def note(self, key: str) -> dict[str, Any] | None:
        """What was noted under a key; None where there is nothing, or nothing that can be read."""
        try:
            return read_json(self._folder / _NOTES / f"{key}.json", RunError)
        except RunError:
            return None

    def keep_note(self, key: str, note: Mapping[str, Any]) -> None:
        self._write(f"{_NOTES}/{key}.json", json.dumps(note).encode())

    def _whole(self, kept: StoredImage) -> Image.Image | None:
        try:
            image = load_rgb(self.path(kept))
        except DatasetError:
            return None
        return image if pixel_sha256(image) == kept.sha256 else None

    def _write(self, name: str, data: bytes) -> None:
        try:
            write_atomically(self._folder / name, data)
        except OSError as fault:
            why = fault.strerror or str(fault)
            raise DatasetError(f"Cannot write {self._folder / name}: {why}. Free some space.") from fault
