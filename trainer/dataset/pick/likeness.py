"""How much each picture is of the character: to chosen baselines, or to all the others."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from ...errors import FaceError
from ...faces.face import FaceReader
from ...faces.retry import detect_with_retries
from ..audit.seen import Seen
from ..checks.identity import Portrait
from ..coverage.framing import PROFILE
from ..sample import Likeness

_AGAINST = "the baselines"
_FEWEST = 3
_MOST = 2000
"""So many faces are compared with all to find the most frequent person: more cost seconds and change little."""


def likenesses(
    seen: Sequence[Seen], reader: FaceReader | None, baselines: Sequence[Image.Image]
) -> list[Likeness | None]:
    """One for each picture; None without a reader. No face and profiles have no value, and say so.

    FaceError when a baseline shows no face, or the reader cannot tell people apart.
    """
    if reader is None:
        return [None] * len(seen)
    if not baselines:
        return [*_among_themselves(seen, reader)]
    mean = _mean(reader, baselines)
    return [_to_mean(one.portrait, mean, reader.name) for one in seen]


def _among_themselves(seen: Sequence[Seen], reader: FaceReader) -> list[Likeness]:
    facing = [n for n, one in enumerate(seen) if one.portrait is not None and _why_not(one.portrait) is None]
    values: dict[int, float] = {}
    if len(facing) >= _FEWEST:
        rows = np.stack([portrait.embedding for n in facing if (portrait := seen[n].portrait) is not None])
        values = dict(zip(facing, to_the_most_frequent(rows, reader.same_person).tolist(), strict=True))
    found: list[Likeness] = []
    for number, one in enumerate(seen):
        why = "no face" if one.portrait is None else _why_not(one.portrait)
        against = why or ("the others" if number in values else "too few faces to compare")
        found.append(Likeness(value=values.get(number), reader=reader.name, against=against))
    return found


def to_the_most_frequent(embeddings: np.ndarray, same_person: float) -> np.ndarray:
    """Cosines (n,) of unit rows (n, d) to the person most of them show, each measured without itself.

    That person is the row with most others above `same_person`, and those others: a mean of everybody in a folder of
    two people would be like both.
    """
    rows = embeddings.astype(np.float32)
    among = rows[:: len(rows) // _MOST + 1]
    parts = [rows[start : start + 512] @ among.T >= same_person for start in range(0, len(rows), 512)]
    likes = np.concatenate([part.sum(axis=1) for part in parts])
    members = rows @ rows[int(likes.argmax())] >= same_person
    total = rows[members].sum(axis=0)
    others = total[None] - rows * members[:, None]
    return (rows * others).sum(axis=1) / np.maximum(np.linalg.norm(others, axis=1), 1e-9)


def _to_mean(portrait: Portrait | None, mean: np.ndarray, reader: str) -> Likeness:
    if portrait is None:
        return Likeness(value=None, reader=reader, against="no face")
    if why := _why_not(portrait):
        return Likeness(value=None, reader=reader, against=why)
    return Likeness(value=float(portrait.embedding @ mean), reader=reader, against=_AGAINST)


def _mean(reader: FaceReader, baselines: Sequence[Image.Image]) -> np.ndarray:
    """Unit length, (d,)."""
    if not reader.measures_identity:
        raise FaceError(f"{reader.name} tells no people apart; choose another face reader, or give no baselines.")
    found = [detect_with_retries(reader, image).faces for image in baselines]
    if blank := [str(number) for number, faces in enumerate(found, 1) if not faces]:
        raise FaceError(
            f"Baseline {', '.join(blank)} shows no face; choose pictures with one face seen from the front."
        )
    mean = np.mean([faces[0].embedding for faces in found], axis=0)
    return mean / max(float(np.linalg.norm(mean)), 1e-9)


def _why_not(portrait: Portrait) -> str | None:
    if not portrait.embedding.size:
        return "the reader tells no people apart"
    return "a profile" if portrait.yaw is not None and abs(portrait.yaw) > PROFILE else None
