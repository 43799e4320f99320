"""Air around a picture: detectors expect some around a head."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from PIL import Image

from .face import Face

BORDER = 0.4
"""Room added on every side, in parts of the picture's longer side."""
GRAY = (127, 127, 127)


def faces_with_border(detect: Callable[[Image.Image], Sequence[Face]], image: Image.Image) -> list[Face]:
    """Faces that `detect` finds with a grey border around the picture, in pixels of the picture."""
    border = round(BORDER * max(image.size))
    page = Image.new("RGB", (image.width + 2 * border, image.height + 2 * border), GRAY)
    page.paste(image, (border, border))
    return [_moved(face, -border) for face in detect(page)]


def _moved(face: Face, by: float) -> Face:
    left, top, right, bottom = face.box
    points = tuple((x + by, y + by) for x, y in face.points)
    return replace(face, box=(left + by, top + by, right + by, bottom + by), points=points)
