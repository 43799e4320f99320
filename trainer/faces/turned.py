"""Faces that lie sideways or upside down, which detectors miss: sought in the picture turned."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from PIL import Image

from .border import GRAY, faces_with_border
from .face import Box, Face, Points

TURNS = (90.0, -90.0, 180.0, 45.0, -45.0)
"""Degrees taken out of the picture, clockwise leans being positive; detectors bear the 22 that may be left."""
LYING = 45.0
"""Degrees of roll from which a face lies rather than leans."""
_SAME_PLACE = 0.5
"""On 40 drawn grounds without anybody no false face shares more, of 15 drawn heads one shares less."""
Point = tuple[float, float]


def faces_when_turned(detect: Callable[[Image.Image], Sequence[Face]], image: Image.Image) -> list[Face]:
    """Faces, largest first and in pixels of the picture as it is, of the turn that shows the surest.

    A face counts that is found again in the same place with a border around: five chances raise false alarms as often,
    and those do not last. `detect` is asked once a turn, and once more where it finds any: ten times at most.
    """
    found = [(degrees, page, faces) for degrees, page in _pages(image) if (faces := _lasting(detect, page))]
    if not found:
        return []
    degrees, page, faces = max(found, key=lambda one: max(face.score for face in one[2]))
    back = [_turned_back(face, degrees, page, image) for face in faces]
    return sorted(back, key=lambda face: -face.width * face.height)


def leaning(point: Point, centre: Point, degrees: float) -> Point:
    """Where a point of an upright picture lies once that leans clockwise by `degrees` around `centre`."""
    angle = math.radians(degrees)
    x, y = point[0] - centre[0], point[1] - centre[1]
    return centre[0] + x * math.cos(angle) - y * math.sin(angle), centre[1] + x * math.sin(angle) + y * math.cos(angle)


def upright_box(box: Box, roll: float) -> Box:
    """The box once the roll is taken out around its middle: its sides change places where the face lies."""
    if not LYING < abs(roll) < 180 - LYING:
        return box
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    wide, high = box[3] - box[1], box[2] - box[0]
    return x - wide / 2, y - high / 2, x + wide / 2, y + high / 2


def _pages(image: Image.Image) -> Sequence[tuple[float, Image.Image]]:
    picture = image.convert("RGB")
    return [(turn, picture.rotate(turn, Image.Resampling.BICUBIC, expand=True, fillcolor=GRAY)) for turn in TURNS]


def _lasting(detect: Callable[[Image.Image], Sequence[Face]], page: Image.Image) -> list[Face]:
    faces = detect(page)
    again = faces_with_border(detect, page) if faces else []
    return [face for face in faces if any(_shared(face, other) >= _SAME_PLACE for other in again)]


def _shared(one: Face, other: Face) -> float:
    """What two boxes share of the area they cover together, 0..1."""
    across = min(one.box[2], other.box[2]) - max(one.box[0], other.box[0])
    down = min(one.box[3], other.box[3]) - max(one.box[1], other.box[1])
    both = max(0.0, across) * max(0.0, down)
    return both / max(one.width * one.height + other.width * other.height - both, 1e-9)


def _turned_back(face: Face, degrees: float, page: Image.Image, image: Image.Image) -> Face:
    shift = (image.width - page.width) / 2, (image.height - page.height) / 2
    middle = image.width / 2, image.height / 2

    def placed(point: Point) -> Point:
        return leaning((point[0] + shift[0], point[1] + shift[1]), middle, degrees)

    points: Points = tuple(placed(point) for point in face.points)
    roll = math.remainder((face.roll or 0.0) + degrees, 360.0)
    return replace(face, box=_box_around(face, placed, degrees), points=points, roll=roll)


def _box_around(face: Face, placed: Callable[[Point], Point], degrees: float) -> Box:
    """Around the ellipse that the box held: heads are no rectangles, whose own box would be too large by far."""
    x, y = placed(((face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2))
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    across = math.hypot(face.width * cos, face.height * sin) / 2
    down = math.hypot(face.width * sin, face.height * cos) / 2
    return x - across, y - down, x + across, y + down
