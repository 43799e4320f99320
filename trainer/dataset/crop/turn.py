"""Crops of heads that lean or lie, taken upright."""

import math
from dataclasses import replace

from ...faces.turned import leaning, upright_box
from .geometry import Crop, FaceCrop, face_crop
from .store import FoundFace

LEANING = 15.0
"""Degrees of roll up to which a lean is left alone: turning softens the picture a little."""


def upright_crop(face: FoundFace, size: tuple[int, int], rule: FaceCrop, *, knows_eyes: bool) -> Crop | None:
    """The crop once the face's roll is taken out around its middle, or, where that shows a corner without picture, the
    nearest quarter turn.

    None where the head is upright, the rule leaves leaning heads alone, or a corner would show no picture either way.
    """
    if not rule.straighten or face.roll is None or abs(face.roll) <= LEANING:
        return None
    quarter = 90.0 * round(face.roll / 90)
    turns = (face.roll, quarter) if quarter else (face.roll,)
    crops = (_turned_crop(face, size, rule, turn, knows_eyes=knows_eyes) for turn in turns)
    return next((crop for crop in crops if crop is not None), None)


def _turned_crop(
    face: FoundFace, size: tuple[int, int], rule: FaceCrop, turn: float, *, knows_eyes: bool
) -> Crop | None:
    middle = (face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2
    left, top, right, bottom = _frame(size, middle, 90.0 * round(turn / 90))
    box = upright_box(face.box, turn)
    eyes = leaning(face.eyes, middle, -turn)[1] - top if knows_eyes and face.eyes is not None else None
    inside = (box[0] - left, box[1] - top, box[2] - left, box[3] - top)
    crop = face_crop(inside, (right - left, bottom - top), rule, eyes)
    crop = replace(crop, box=(crop.box[0] + left, crop.box[1] + top, crop.box[2] + left, crop.box[3] + top), turn=turn)
    corners = [leaning((x, y), middle, turn) for x in crop.box[::2] for y in crop.box[1::2]]
    is_inside = all(-1e-6 <= x <= size[0] + 1e-6 and -1e-6 <= y <= size[1] + 1e-6 for x, y in corners)
    return crop if is_inside else None


def _frame(size: tuple[int, int], middle: tuple[float, float], quarter: float) -> tuple[int, int, int, int]:
    """The whole pixels of a picture that is turned by a quarter, or none, around `middle`."""
    corners = [leaning((x, y), middle, -quarter) for x in (0, size[0]) for y in (0, size[1])]
    across, down = zip(*corners, strict=True)
    slack = 1e-6
    return (
        math.ceil(min(across) - slack),
        math.ceil(min(down) - slack),
        math.floor(max(across) + slack),
        math.floor(max(down) + slack),
    )
