"""What a folder of crops remembers: faces that were found and crops that were cut, so that neither is done twice."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...faces.face import Face
from ...faces.retry import Detection
from ...images.masks import LABEL
from ...images.store import ImageStore
from .geometry import Box


@dataclass(frozen=True, kw_only=True)
class FoundFace:
    """The character's face in a picture, in its pixels, and how it was found. `eyes`: their middle, if known."""

    box: Box
    reader: str
    rung: str
    yaw: float | None = None
    pitch: float | None = None
    roll: float | None = None
    eyes: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class StoredCrop:
    """A crop on disk, by the sha256 of its pixels as they load; `clear`: the file keeps transparency besides.

    `mask_sha256` names the values of its mask, where that is a file of its own.
    """

    sha256: str
    width: int
    height: int
    clear: bool = False
    mask_sha256: str | None = None


class CropStore:
    """A folder of `<sha256>.png` with notes on what they came from. Notes of lost pictures are not believed.

    Transparent ones are `<sha256>-clear.png`: flattened they can be the same picture as an opaque one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = ImageStore(folder)

    def picture(self, crop: StoredCrop) -> Path:
        return self._folder / f"{crop.sha256}{'-clear' if crop.clear else ''}.png"

    def mask(self, crop: StoredCrop) -> Path | None:
        if crop.mask_sha256 is None:
            return None
        return self._folder / f"{crop.sha256}-{crop.mask_sha256[:16]}{LABEL}.png"

    def faces(self, key: str) -> Detection | None:
        """What was found in a picture before; None where it was not read yet."""
        note = self._files.note(key)
        if note is None:
            return None
        return Detection(tuple(_face(row) for row in note["faces"]), note["attempt"])

    def keep_faces(self, key: str, detection: Detection) -> None:
        rows = [{**asdict(face), "embedding": face.embedding.tolist()} for face in detection.faces]
        self._files.keep_note(key, {"faces": rows, "attempt": detection.attempt})

    def crop(self, key: str) -> StoredCrop | None:
        note = self._files.note(key)
        if note is None:
            return None
        crop = StoredCrop(**note)
        mask = self.mask(crop)
        is_whole = self.picture(crop).is_file() and (mask is None or mask.is_file())
        return crop if is_whole else None

    def keep_crop(self, key: str, crop: StoredCrop, png: bytes, mask_png: bytes | None = None) -> None:
        """The pictures first: a note is the promise that they are whole."""
        if not self.picture(crop).is_file():
            self._files.write(self.picture(crop).name, png)
        mask = self.mask(crop)
        if mask is not None and mask_png is not None:
            self._files.write(mask.name, mask_png)
        self._files.keep_note(key, asdict(crop))


def _face(row: dict[str, Any]) -> Face:
    points = tuple((x, y) for x, y in row["points"])
    arrays: dict[str, Any] = {"box": tuple(row["box"]), "points": points, "embedding": np.asarray(row["embedding"])}
    return Face(**{**row, **arrays})
