"""Any pictures against references of one person, on the scale that comparisons measure identity by."""

from __future__ import annotations

from collections.abc import Generator as Work
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any, Literal

import numpy as np
from PIL import Image

from ..dataset.checks.faces import count_faces
from ..errors import Cancelled, FaceError
from ..faces.choose import FaceChoice, choose_face
from ..faces.face import Face, FaceReader
from ..faces.frequent import embeddings_of_character
from ..faces.identity import CharacterIdentity, likeness_to_the_others, made_face_floor
from ..faces.metric import alike
from ..images.pixels import pixel_sha256
from ..runtime.work import Ask, never
from .intervals import Interval, interval

Band = Literal["like the references", "accepted", "doubtful", "another person", "not measured"]
_FEWEST = 3
"""References that are needed for a floor of their own."""
_FLOOR = 0.5
"""Least score of a face, as comparisons have it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class NamedImage:
    """A picture to be scored, by the name that it is told by."""

    name: str
    image: Image.Image


@dataclass(frozen=True, kw_only=True)
class ScoredImage:
    """One picture. `likeness` is None where no face is found: not measured, never low. `faces` could be the subject."""

    name: str
    likeness: float | None
    faces: int
    band: Band
    why: str

    @property
    def is_accepted(self) -> bool:
        return self.band in ("like the references", "accepted")


@dataclass(frozen=True, kw_only=True)
class ImageScores:
    """What `reader` says of the pictures.

    `floor` is the least likeness that is accepted, `usual` what nine in ten references reach against the others,
    `reference` their mean; the latter two are None for fewer than two references. `likeness` is that of the pictures.
    """

    reader: str
    metric: str
    same_person: float
    floor: float
    usual: float | None
    reference: float | None
    references: int
    likeness: Interval | None
    images: tuple[ScoredImage, ...]
    notes: tuple[str, ...] = ()

    @property
    def accepted(self) -> tuple[int, ...]:
        """Numbers of the pictures that pass, from 0."""
        return tuple(number for number, one in enumerate(self.images) if one.is_accepted)

    @property
    def rejected(self) -> tuple[int, ...]:
        """Numbers of all others; those without a face among them."""
        return tuple(number for number, one in enumerate(self.images) if not one.is_accepted)

    @property
    def text(self) -> str:
        """The report in words, a line a picture."""
        lines = [self._head(), self._scale(), *self.notes]
        return "\n".join([*lines, *(f"{one.name}: {one.why}" for one in self.images)])

    def _head(self) -> str:
        if not self.images:
            return "No picture came in, so nothing is scored."
        mean = f" Likeness {self.likeness}." if self.likeness else ""
        return f"{len(self.accepted)} of {len(self.images)} accepted.{mean}"

    def _scale(self) -> str:
        top = "" if self.reference is None else f" The references reach {self.reference:.2f} among themselves."
        return f"Measured by {self.reader} ({self.metric}): {self.floor:.2f} or more is accepted.{top}"

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "accepted": list(self.accepted), "rejected": list(self.rejected)}


def score_images(
    images: Iterable[NamedImage],
    references: Sequence[Image.Image],
    reader: FaceReader,
    *,
    least: float | None = None,
    cancelled: Ask = never,
) -> Work[ScoredImage, None, ImageScores]:
    """Yield every picture as it is scored; return all of them. `least` is the likeness to accept from, None for one by
    the references' own, each against the others.

    FaceError where the references show no face, the reader tells nobody apart or `least` is no number; Cancelled
    between two pictures.
    """
    scale = _Scale.of(references, reader, least)
    scored: list[ScoredImage] = []
    for one in images:
        if cancelled():
            raise Cancelled(f"Stopped after {len(scored)} pictures; run again to start anew.")
        scored.append(scale.scored(one))
        yield scored[-1]
    return scale.summed(scored)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Scale:
    """Whom the pictures are held against. `own` holds the row of each reference by its pixels."""

    reader: FaceReader
    character: CharacterIdentity
    floor: float
    usual: float | None
    own: dict[str, int]
    faceless: int

    @classmethod
    def of(cls, references: Sequence[Image.Image], reader: FaceReader, least: float | None) -> _Scale:
        if not reader.measures_identity:
            raise FaceError(f"{reader.name} finds faces and tells nobody apart; choose another reader.")
        if least is not None and not isfinite(least):
            raise FaceError(f"The likeness to accept from is {least}; give a number, usually 0.3 to 0.8.")
        if not references:
            raise FaceError("There are no references; wire pictures of the character, three or more.")
        seen = [_faces(reader, image) for image in references]
        found = embeddings_of_character(seen, reader.same_person, reader.metric)
        known = [number for number, face in enumerate(found) if face is not None and face.size]
        character = CharacterIdentity.of(found, reader.metric)
        if character is None:
            raise FaceError(
                f"{reader.name} finds no face in the {len(references)} references; give clear portraits of a kind "
                "that it reads: the demo reader knows drawn faces only."
            )
        rows = character.embeddings
        return cls(
            reader=reader,
            character=character,
            floor=made_face_floor(list(rows), reader.same_person, reader.metric) if least is None else least,
            usual=float(np.percentile(likeness_to_the_others(rows, reader.metric), 10)) if len(rows) > 1 else None,
            own={pixel_sha256(references[number]): row for row, number in enumerate(known)},
            faceless=len(references) - len(known),
        )

    def scored(self, one: NamedImage) -> ScoredImage:
        faces = _subjects(_faces(self.reader, one.image))
        centre, said = self._against(one.image)
        how = FaceChoice(policy="character", character=centre, metric=self.character.metric)
        face = choose_face(faces, one.image.size, how)
        if face is None:
            why = "no face found, so its likeness is not measured"
            return ScoredImage(name=one.name, likeness=None, faces=0, band="not measured", why=why)
        likeness = alike(self.character.metric, np.asarray(face.embedding, np.float64), centre)
        band = self._band(likeness)
        several = f", of {len(faces)} faces the one most like" if len(faces) > 1 else ""
        why = f"{band}, likeness {likeness:.2f}{several}{said}"
        return ScoredImage(name=one.name, likeness=likeness, faces=len(faces), band=band, why=why)

    def _against(self, image: Image.Image) -> tuple[np.ndarray, str]:
        """The mean of the references: without the picture itself where it is one of them, with a word on that."""
        row = self.own.get(pixel_sha256(image))
        if row is None:
            return self.character.centroid, ""
        said = ", one of the references"
        rows = self.character.embeddings
        if len(rows) < 2:
            return self.character.centroid, said
        return self.character.metric.mean(np.delete(rows, row, axis=0)), f"{said}, measured against the others"

    def _band(self, likeness: float) -> Band:
        if likeness >= self.floor:
            return "like the references" if self.usual is not None and likeness >= self.usual else "accepted"
        return "doubtful" if likeness >= self.reader.same_person else "another person"

    def summed(self, scored: Sequence[ScoredImage]) -> ImageScores:
        return ImageScores(
            reader=self.reader.name,
            metric=self.character.metric.name,
            same_person=self.reader.same_person,
            floor=self.floor,
            usual=self.usual,
            reference=self.character.self_likeness(),
            references=len(self.character.embeddings),
            likeness=interval(one.likeness for one in scored if one.likeness is not None),
            images=tuple(scored),
            notes=tuple(self._notes()),
        )

    def _notes(self) -> list[str]:
        count = len(self.character.embeddings)
        notes = [f"{self.faceless} more references show no face."] if self.faceless else []
        if count == 1:
            notes.append("One reference gives no scale of its own: the reader's threshold for one person decides.")
        elif count < _FEWEST:
            notes.append("Two references give no floor of their own: the reader's threshold for one person decides.")
        return notes


def _faces(reader: FaceReader, image: Image.Image) -> list[Face]:
    """Those that score enough and have an identity."""
    return [face for face in reader.faces(image) if face.score >= _FLOOR and face.has_identity]


def _subjects(faces: Sequence[Face]) -> list[Face]:
    """Those that could be the subject: passers-by far behind are nobody's likeness."""
    tallest = sorted(faces, key=lambda face: -face.height)
    return tallest[: count_faces([face.height for face in tallest])] if tallest else []
