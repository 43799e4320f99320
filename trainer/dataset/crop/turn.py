"""Crops of heads that lean, taken upright."""

import math
from dataclasses import replace

from .geometry import Box, Crop, FaceCrop, face_crop
from .store import FoundFace

LEANING = 15.0
"""Degrees of roll up to which a lean is left alone: turning softens the picture a little."""


def upright_crop(face: FoundFace, size: tuple[int, int], rule: FaceCrop, eyes: float | None) -> Crop | None:
    """The crop once the face's roll is taken out around its middle; `eyes` is their y as it is.

    None where the head is upright, the rule leaves leaning heads alone, or a corner would show no picture.
    """
    if not rule.straighten or face.roll is None or abs(face.roll) <= LEANING:
        return None
    if eyes is not None:
        # Seen level, the eyes are as far above the middle of the face as before along the line from chin to brow.
        middle = (face.box[1] + face.box[3]) / 2
        eyes = middle + (eyes - middle) / math.cos(math.radians(face.roll))
    crop = face_crop(face.box, size, rule, eyes)
    corners = [turned_back((x, y), face.box, face.roll) for x in crop.box[::2] for y in crop.box[1::2]]
    if any(not (0 <= x <= size[0] and 0 <= y <= size[1]) for x, y in corners):
        return None
    return replace(crop, turn=face.roll)


def turned_back(point: tuple[float, float], box: Box, degrees: float) -> tuple[float, float]:
    """Where a point of the upright picture lies in the leaning one."""
    angle = math.radians(degrees)
    centre = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    x, y = point[0] - centre[0], point[1] - centre[1]
    return centre[0] + x * math.cos(angle) - y * math.sin(angle), centre[1] + x * math.sin(angle) + y * math.cos(angle)
