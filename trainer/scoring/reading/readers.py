"""Who reads a comparison's pictures, and what they see in them; each picture is read once by each."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ...dataset.checks.faces import count_faces
from ...faces.choose import FaceChoice, choose_face
from ...faces.face import AttributeReader, Face, FaceReader, fingerprint_of
from .descriptor import Description, Descriptor
from .readings import (
    Readings,
    array_json,
    array_of,
    description_json,
    description_of,
    faces_json,
    faces_of,
)
from .thumbnail import small

BATCH = 8
"""Pictures that are open at once."""
_FLAT, _POOR = 2.0, 0.1
"""Standard deviation of grey, of 255, and entropy of its histogram in bits: what is left where numbers overflow."""


@dataclass(frozen=True, kw_only=True)
class Readers:
    """Each is optional. `floor` is the least score a face needs."""

    faces: FaceReader | None
    attributes: AttributeReader | None
    floor: float
    descriptor: Descriptor | None = None

    @property
    def names(self) -> dict[str, str]:
        """ "faces", "attributes" and "descriptor" by name, "" for none."""
        who = {"faces": self.faces, "attributes": self.attributes, "descriptor": self.descriptor}
        return {what: reader.name if reader else "" for what, reader in who.items()}

    @property
    def fingerprints(self) -> dict[str, str]:
        """What the same readers say with, "" where nothing but the name tells."""
        who = {"faces": self.faces, "attributes": self.attributes, "descriptor": self.descriptor}
        return {what: fingerprint_of(reader) for what, reader in who.items()}

    @property
    def measure_identity(self) -> bool:
        return self.faces is not None and self.faces.measures_identity


@dataclass(frozen=True, kw_only=True, eq=False)
class Picture:
    """One to read: `key` changes whenever what is to be seen does."""

    key: str
    opens: Callable[[], Image.Image]

    @cached_property
    def image(self) -> Image.Image:
        return self.opens()


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """What the readers see in a picture: the face that was looked for, and how many could be the subject."""

    face: Face | None
    faces: int
    words: Mapping[str, str]
    small: np.ndarray
    is_broken: bool
    described: Description | None


class PictureReader:
    """Reads with all readers and keeps what they saw in a comparison's folder."""

    def __init__(self, readers: Readers, out: Path) -> None:
        slots = {slot: list(words) for slot, words in readers.attributes.slots.items()} if readers.attributes else {}
        names, prints = readers.names, readers.fingerprints
        self._readers = readers
        self._faces = Readings(out, "faces", [names["faces"], prints["faces"]])
        self._words = Readings(out, "words", [names["attributes"], prints["attributes"], slots])
        self._described = Readings(out, "described", names["descriptor"])
        self._pixels = Readings(out, "pixels", "")

    def faces(self, picture: Picture) -> list[Face]:
        """Those that score enough, largest first; none without a reader."""
        if self._readers.faces is None:
            return []
        kept = self._faces.get(picture.key)
        if kept is None:
            found = self._readers.faces.faces(picture.image)
            self._faces.keep(picture.key, faces_json(found))
        else:
            found = faces_of(kept)
        return [_measured(face) for face in found if face.score >= self._readers.floor]

    def read(self, pictures: Sequence[Picture], whom: FaceChoice) -> Iterator[Seen]:
        """In order, a few at a time; what was read by then is kept, whenever the iteration is left."""
        for start in range(0, len(pictures), BATCH):
            # Made anew, so that no more than a batch of opened images is held.
            batch = [Picture(key=each.key, opens=each.opens) for each in pictures[start : start + BATCH]]
            words = self._words_in(batch)
            seen = [self._seen(each, said, whom) for each, said in zip(batch, words, strict=True)]
            self.save()
            yield from seen

    def save(self) -> None:
        for kept in (self._faces, self._words, self._described, self._pixels):
            kept.save()

    def _seen(self, picture: Picture, words: Mapping[str, str], whom: FaceChoice) -> Seen:
        subjects = _subjects(self.faces(picture))
        # Neither the largest nor the most alike asks how large the picture is.
        face = choose_face(subjects, (1, 1), whom)
        shrunk, is_broken = self._pixels_of(picture)
        return Seen(
            face=face,
            faces=len(subjects),
            words=words,
            small=shrunk,
            is_broken=is_broken,
            described=self._description(picture, face),
        )

    def _words_in(self, pictures: Sequence[Picture]) -> list[Mapping[str, str]]:
        reader = self._readers.attributes
        if reader is None:
            return [{} for _ in pictures]
        new = [each for each in pictures if self._words.get(each.key) is None]
        readings = reader.read([each.image for each in new]) if new else []
        for each, reading in zip(new, readings, strict=True):
            self._words.keep(each.key, dict(reading.values))
        return [self._words.get(each.key) for each in pictures]

    def _pixels_of(self, picture: Picture) -> tuple[np.ndarray, bool]:
        if self._pixels.get(picture.key) is None:
            self._pixels.keep(picture.key, [array_json(small(picture.image)), is_broken(picture.image)])
        shrunk, broken = self._pixels.get(picture.key)
        return array_of(shrunk), bool(broken)

    def _description(self, picture: Picture, face: Face | None) -> Description | None:
        """Of a picture with this face: another choice of its face leaves another background."""
        if self._readers.descriptor is None:
            return None
        box = None if face is None else face.box
        key = f"{picture.key} {'' if box is None else ' '.join(f'{side:.1f}' for side in box)}"
        kept = self._described.get(key)
        if kept is not None:
            return description_of(kept)
        made = self._readers.descriptor.describe(picture.image, box)
        self._described.keep(key, description_json(made))
        return made


def _measured(face: Face) -> Face:
    """Without what is no number: an embedding then tells nobody, an angle was not measured."""
    numbers = {name: getattr(face, name) for name in ("yaw", "pitch", "roll", "mouth_open", "eyes_closed")}
    lost: dict[str, Any] = {name: None for name, value in numbers.items() if value is not None and not isfinite(value)}
    if face.embedding.size and not face.has_identity:
        lost["embedding"] = np.zeros(0, np.float32)
    return replace(face, **lost) if lost else face


def is_broken(image: Image.Image) -> bool:
    """Black, blank or flat: one colour, or nearly."""
    grey = np.asarray(image.convert("L"))
    parts = np.bincount(grey.ravel(), minlength=256) / grey.size
    entropy = -float((parts[parts > 0] * np.log2(parts[parts > 0])).sum())
    return float(grey.std()) < _FLAT or entropy < _POOR


def _subjects(faces: Sequence[Face]) -> list[Face]:
    """Those that could be the subject: passers-by far behind are nobody's likeness."""
    tallest = sorted(faces, key=lambda face: -face.height)
    return tallest[: count_faces([face.height for face in tallest])] if tallest else []
