"""Whom a clip is held against, and how far apart a stranger and a real picture are for this reader."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ...errors import FaceError
from ...faces.face import Face, FaceReader
from ...faces.frequent import embeddings_of_character
from ...faces.identity import CharacterIdentity, made_face_floor

_FEWEST = 3
_FLOOR = 0.5
"""Least score of a face, as comparisons have it."""


def is_read(face: Face) -> bool:
    """Whether a reader is sure enough of a face, and says whose it is."""
    return face.score >= _FLOOR and face.has_identity


@dataclass(frozen=True, kw_only=True, eq=False)
class Scale:
    """`floor` is the least likeness that passes for the character, as Score images has it; `top` what real pictures
    reach among themselves; `spread` how much the character's face varies from one picture to another (variance of its
    embeddings). The latter two are None for too few references."""

    character: CharacterIdentity
    floor: float
    top: float | None
    spread: float | None

    @classmethod
    def of(cls, references: Sequence[Image.Image], reader: FaceReader) -> "Scale":
        """FaceError where the reader tells nobody apart or sees no face."""
        if not reader.measures_identity:
            raise FaceError(f"{reader.name} finds faces and tells nobody apart; choose another reader.")
        if not references:
            raise FaceError("There are no references to hold the clip against; give pictures of the character.")
        seen = [
            [face for face in reader.faces(one) if face.score >= _FLOOR and face.has_identity] for one in references
        ]
        found = embeddings_of_character(seen, reader.same_person, reader.metric)
        character = CharacterIdentity.of(found, reader.metric)
        if character is None:
            raise FaceError(
                f"{reader.name} finds no face in the {len(references)} references; give clear portraits of a kind "
                "that it reads."
            )
        rows = character.embeddings.astype(np.float64)
        return cls(
            character=character,
            floor=made_face_floor(list(rows), reader.same_person, reader.metric),
            top=character.self_likeness(),
            spread=float(rows.var(axis=0, ddof=1).sum()) if len(rows) >= _FEWEST else None,
        )

    @property
    def span(self) -> float:
        """From strangers to real pictures, or to what passes where those are too few: falls of likeness are parts of
        it."""
        return (self.floor if self.top is None else self.top) - self.character.metric.strangers
