"""What was seen in reference pictures, in words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from PIL import Image

from ..faces.choose import Policy
from ..faces.face import Face, FaceReader
from ..faces.outliers import OutlierScore

OnNoFace = Literal["error", "skip", "pass through"]
PROFILE = 60.0
"""Degrees of yaw beyond which half of the face is hidden, which recognisers were hardly shown."""


@dataclass(frozen=True, kw_only=True)
class NamedPicture:
    """`open` gives it in RGB, twice: a hundred pictures are not in memory at once."""

    name: str
    open: Callable[[], Image.Image]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How to read. `index` counts faces from left to right, from 0; `crop_side` is of the crops, in pixels.

    `known` of the pictures, the first ones, tell whom `character` means; 0 for all.
    """

    select: Policy = "largest"
    index: int = 0
    on_no_face: OnNoFace = "error"
    crop_side: int = 512
    known: int = 0


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What one picture shows. `attempt` found its faces; `why` says why it is not used, "" where it is."""

    name: str
    faces: Sequence[Face]
    attempt: str
    size: tuple[int, int]
    sha256: str
    face: Face | None = None
    why: str = ""


def faceless(one: Seen, reader: FaceReader, how: Reading) -> str:
    if one.faces:
        return (
            f"{one.name} shows {_count(one)}, and none has the index {how.index}, counted from 0 at the left: choose "
            "another index, or another way to select."
        )
    return (
        f"{one.name} shows no face that {reader.name} finds, with a border, turned or unsure neither: take another "
        "picture, or let Read face skip it (on_no_face). Drawn faces need a reader for drawings, or pass "
        "through with an adapter that looks at pictures alone."
    )


def stranger(score: OutlierScore) -> str:
    return f"left out: likeness {score.value or 0:.2f} to {score.against}, and {score.limit or 0:.2f} is the least"


def nobody(seen: Sequence[Seen], reader: FaceReader) -> str:
    count = len(seen)
    if any(one.faces for one in seen):
        return (
            f"{'The picture' if count == 1 else f'Each of the {count} pictures'} has fewer faces than that index asks "
            "for, counted from 0 at the left: choose another index, or another way to select."
        )
    which = "The picture shows" if count == 1 else f"None of the {count} pictures shows"
    no = "no " if count == 1 else "a "
    return f"{which} {no}face that {reader.name} finds; give clear pictures of one person, or choose another reader."


def _count(one: Seen) -> str:
    return "1 face" if len(one.faces) == 1 else f"{len(one.faces)} faces"


def line_of(one: Seen, how: Reading) -> str:
    if one.face is None:
        return f"{one.name}: {'left out, no such face' if one.why else 'no face; passed through whole'}."
    face = one.face
    which = f"{_count(one)}, took the {how.select if how.select != 'index' else f'one at index {how.index}'}"
    place = f"{face.width:.0f} × {face.height:.0f} px at {face.box[0]:.0f}, {face.box[1]:.0f}"
    yaw = "" if face.yaw is None else f", yaw {face.yaw:+.0f}°"
    how_found = "" if one.attempt == "as it is" else f", found {one.attempt}"
    why = f"; {one.why}" if one.why else ""
    return f"{one.name}: {which}: {place}, score {face.score:.2f}{yaw}{how_found}{why}."


def warning(one: Seen) -> str:
    if one.face is not None and one.face.yaw is not None and abs(one.face.yaw) > PROFILE:
        return (
            f"{one.name}: the face is turned {abs(one.face.yaw):.0f}° away; beyond {PROFILE:.0f}° recognisers tell "
            "people badly, and an adapter copies the profile."
        )
    return f"{one.name}: {one.why}." if one.face is not None and one.why else ""
