"""A reference picture, where its face is, and the face cut out as encoders and people want to see it."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from ..faces.face import Box, Face, Points
from ..faces.readers.align import similarity

LONGEST = 1024
"""Pixels of a kept picture's longer side, as PuLID's reference scales them (pulid/utils.py)."""
_PLACES_112 = ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041))
_MARGIN = 0.35
"""Around a face whose points nobody read, in parts of its larger side."""


@dataclass(frozen=True, kw_only=True)
class FaceMark:
    """Where the five points of a face are in a picture of `size` (width, height)."""

    size: tuple[int, int]
    points: Points


@dataclass(frozen=True, kw_only=True, eq=False)
class FacePicture:
    """An RGB picture by its name. `box` and `points` are in its pixels; None and () where no face was found in it."""

    name: str
    image: Image.Image
    box: Box | None = None
    points: Points = ()

    @property
    def has_points(self) -> bool:
        """Whether there are five that a face can be laid straight by: in one spot they tell no direction."""
        return len(self.points) == 5 and float(np.ptp(np.asarray(self.points), axis=0).max()) > 1e-3

    @property
    def mark(self) -> FaceMark | None:
        return FaceMark(size=self.image.size, points=self.points) if self.has_points else None


def with_face(name: str, image: Image.Image, face: Face | None) -> FacePicture:
    """The picture in RGB, and where the face is in it."""
    rgb = image.convert("RGB")
    return (
        FacePicture(name=name, image=rgb)
        if face is None
        else FacePicture(name=name, image=rgb, box=face.box, points=face.points)
    )


def kept(picture: FacePicture) -> FacePicture:
    """Scaled down to LONGEST where it is larger."""
    scale = min(1.0, LONGEST / max(picture.image.size))
    if scale == 1:
        return picture
    wide, high = (max(1, round(side * scale)) for side in picture.image.size)
    left, top, right, bottom = (side * scale for side in picture.box or (0.0, 0.0, 0.0, 0.0))
    return FacePicture(
        name=picture.name,
        image=picture.image.resize((wide, high), Image.Resampling.LANCZOS),
        box=picture.box and (left, top, right, bottom),
        points=tuple((x * scale, y * scale) for x, y in picture.points),
    )


def face_crop(picture: FacePicture, side: int) -> Image.Image:
    """The face in a square of `side` pixels: upright where its five points are known, else its box with a margin, and
    the picture's middle where no face was found."""
    if picture.has_points:
        return _upright(picture, side)
    square = square_around(picture)
    return ImageOps.fit(square, (side, side), Image.Resampling.BICUBIC)


def square_around(picture: FacePicture) -> Image.Image:
    """The square around the face with a margin, black beyond the picture; the whole picture where none was found."""
    if picture.box is None:
        return picture.image
    return picture.image.crop(around(picture.box))


def around(box: Box) -> tuple[int, int, int, int]:
    """The square around a box with its margin, in whole pixels; it may reach beyond the picture."""
    left, top, right, bottom = box
    half = max(right - left, bottom - top) * (0.5 + _MARGIN)
    x, y = (left + right) / 2, (top + bottom) / 2
    return round(x - half), round(y - half), round(x + half), round(y + half)


def _upright(picture: FacePicture, side: int) -> Image.Image:
    """Laid on ArcFace's places (insightface face_align.norm_crop), black beyond the picture's edge."""
    turn, shift = similarity(np.asarray(picture.points, np.float64), arcface_places(side))
    # Pillow asks where a pixel comes from, and counts from the corner of the first.
    back = np.linalg.inv(turn)
    start = 0.5 - back @ (shift + 0.5)
    matrix = (back[0, 0], back[0, 1], start[0], back[1, 0], back[1, 1], start[1])
    return picture.image.transform((side, side), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


def arcface_places(side: int) -> np.ndarray:
    """(5, 2): eyes, nose and mouth's corners in the square. Sides of multiples of 128 hold them 8 parts of 128 further
    to the right, for those of 112 are narrower (insightface face_align.estimate_norm)."""
    places = np.array(_PLACES_112)
    if side % 112 and not side % 128:
        return places * (side / 128) + np.array([8 * side / 128, 0.0])
    return places * (side / 112)
