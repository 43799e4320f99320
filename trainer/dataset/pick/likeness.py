"""How much each picture is of the character: to chosen baselines, or to all the others."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from ...errors import FaceError
from ...faces.choose import FaceChoice
from ...faces.face import FaceReader
from ...faces.frequent import embeddings_of_character
from ...faces.identity import CharacterIdentity, likeness_to_the_most_frequent
from ...faces.outliers import FaceEmbedding
from ...faces.pose import is_profile
from ...faces.retry import detect_with_retries
from ..audit.observation import Observation
from ..sample import Likeness

_AGAINST = "the baselines"
_FEWEST = 3


def likenesses(
    seen: Sequence[Observation], reader: FaceReader | None, character: CharacterIdentity | None
) -> list[Likeness | None]:
    """One for each picture; None without a reader. No face and profiles have no value, and say so."""
    if reader is None:
        return [None] * len(seen)
    if character is None:
        return [*_among_themselves(seen, reader)]
    return [_to_baselines(one.portrait, character, reader.name) for one in seen]


def _among_themselves(seen: Sequence[Observation], reader: FaceReader) -> list[Likeness]:
    facing = [n for n, one in enumerate(seen) if one.portrait is not None and _why_not(one.portrait) is None]
    values: dict[int, float] = {}
    if len(facing) >= _FEWEST:
        rows = np.stack([portrait.embedding for n in facing if (portrait := seen[n].portrait) is not None])
        alike = likeness_to_the_most_frequent(rows, reader.same_person, reader.metric)
        values = dict(zip(facing, alike.tolist(), strict=True))
    found: list[Likeness] = []
    for number, one in enumerate(seen):
        why = "no face" if one.portrait is None else _why_not(one.portrait)
        against = why or ("the others" if number in values else "too few faces to compare")
        found.append(Likeness(value=values.get(number), reader=reader.name, against=against))
    return found


def _to_baselines(face: FaceEmbedding | None, character: CharacterIdentity, reader: str) -> Likeness:
    if face is None:
        return Likeness(value=None, reader=reader, against="no face")
    if why := _why_not(face):
        return Likeness(value=None, reader=reader, against=why)
    return Likeness(value=character.likeness(face.embedding), reader=reader, against=_AGAINST)


def character_of(reader: FaceReader | None, baselines: Sequence[Image.Image]) -> CharacterIdentity | None:
    """Whom the baselines show, None without any: of several faces the one that most of them share.

    FaceError when a baseline shows no face, or the reader cannot tell people apart.
    """
    if reader is None or not baselines:
        return None
    if not reader.measures_identity:
        raise FaceError(f"{reader.name} tells no people apart; choose another face reader, or give no baselines.")
    found = [detect_with_retries(reader, image).faces for image in baselines]
    if blank := [str(number) for number, faces in enumerate(found, 1) if not faces]:
        raise FaceError(
            f"Baseline {', '.join(blank)} shows no face; choose pictures with one face seen from the front."
        )
    return CharacterIdentity.of(embeddings_of_character(found, reader.same_person, reader.metric), reader.metric)


def choice_by(reader: FaceReader | None, baselines: Sequence[Image.Image]) -> FaceChoice | None:
    """Of several faces the one of whom the baselines show; None without any. Raises as `character_of`."""
    character = character_of(reader, baselines)
    return character and FaceChoice(policy="character", character=character.centroid, metric=character.metric)


def _why_not(face: FaceEmbedding) -> str | None:
    if not face.embedding.size:
        return "the reader tells no people apart"
    return "a profile" if is_profile(face.yaw) else None
