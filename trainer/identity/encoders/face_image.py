"""The picture of a face as PuLID reads it: upright in a square, grey on white, hair and face alone.

As `get_id_embedding` in `pulid/pipeline_flux.py` of ToTheBeginning/PuLID makes it, with facexlib's FaceRestoreHelper.
Where no parsing of the face is at hand an oval stands for it, without the hair: PuLID did not learn from such.
"""

from itertools import combinations

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor
from torch.nn.functional import interpolate

from ...errors import FaceError
from ...faces.readers.align import similarity

SIDE, READ = 512, 336
"""Pixels of the upright square, and of what the image encoder reads."""
_LONGEST = 1024
_PLACES = np.array([[192.98, 239.95], [318.90, 240.19], [256.63, 314.02], [201.26, 371.41], [313.09, 371.15]])
"""Eyes, nose tip and mouth corners in the square (FFHQ's template)."""
_BORDER = (132, 133, 135)
_PAINTED_OVER = (0, 7, 8, 9, 14, 15, 16, 18)
"""Labels of CelebAMask-HQ: background, ears and their rings, neck, necklace, cloth, hat."""
_OVAL = (106, 60, 406, 476)
"""Left, top, right, bottom of an upright face with its hairline, where its landmarks are not known."""
_FOREHEAD = 0.5
"""Of the way from chin to brows: how far a forehead goes on above them (the rule of thirds)."""
_GREY = (0.299, 0.587, 0.114)
_MEAN, _DEVIATION = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
"""CLIP's."""


def upright_face(picture: Image.Image, points: np.ndarray) -> Image.Image:
    """The square of 512 pixels, RGB, in which eyes, nose and mouth stand at their places, grey beyond the picture.

    `points` are the five of a face reader, or 68 landmarks, in the picture's pixels. FaceError for any other number,
    and for points that are not numbers or all in one place.
    """
    rgb, places = _no_larger(picture.convert("RGB"), five_of(points))
    turn, shift = robust_similarity(places)
    # Pillow asks where a pixel comes from, and counts from the corner of the first.
    back = np.linalg.inv(turn)
    start = 0.5 - back @ (shift + 0.5)
    matrix = (back[0, 0], back[0, 1], start[0], back[1, 0], back[1, 1], start[1])
    bilinear = Image.Resampling.BILINEAR
    return rgb.transform((SIDE, SIDE), Image.Transform.AFFINE, matrix, bilinear, fillcolor=_BORDER)


def face_pixels(picture: Image.Image, points: np.ndarray, labels: np.ndarray | None = None) -> Tensor:
    """What EVA02-CLIP reads of a face: (3, 336, 336), fp32, after CLIP's normalisation.

    `labels` (512, 512) are CelebAMask-HQ's of `upright_face`; without them what is outside the face's oval is white.
    """
    face = np.asarray(upright_face(picture, points), np.float32) / 255
    grey = face @ np.asarray(_GREY, np.float32)
    outside = _outside(picture, points) if labels is None else np.isin(_checked(labels), _PAINTED_OVER)
    shown = torch.as_tensor(np.where(outside, np.float32(1), grey))
    small = interpolate(shown[None, None], (READ, READ), mode="bicubic", antialias=True)[0]
    return (small - torch.tensor(_MEAN).view(3, 1, 1)) / torch.tensor(_DEVIATION).view(3, 1, 1)


def five_of(points: np.ndarray) -> np.ndarray:
    """Eyes, nose tip and mouth corners (5, 2) of themselves or of 68 landmarks (300-W's order)."""
    points = np.asarray(points, np.float64)
    if points.shape == (68, 2):
        eyes = [points[36:42].mean(axis=0), points[42:48].mean(axis=0)]
        points = np.stack([*eyes, points[30], points[48], points[54]])
    if points.shape != (5, 2) or not np.isfinite(points).all() or np.ptp(points, axis=0).max() < 1:
        raise FaceError(
            "PuLID sets a face upright by its eyes, nose and mouth, and this reader found none of it: choose a face "
            "reader that gives five points, or another picture."
        )
    return points


def robust_similarity(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Turn with scale (2, 2) and shift (2,) that bring (5, 2) points to their places, whatever one or two of them say.

    The least median of squares (Rousseeuw 1984): of all pairs of points the one whose turn has the smallest median
    error picks the points that agree with it, and these are fitted again, as OpenCV's estimateAffinePartial2D does.
    """
    fits = [similarity(points[list(pair)], _PLACES[list(pair)]) for pair in combinations(range(len(points)), 2)]
    errors = [((points @ turn.T + shift - _PLACES) ** 2).sum(axis=1) for turn, shift in fits]
    best = min(errors, key=lambda each: float(np.median(each)))
    spread = 2.5 * 1.4826 * (1 + 5 / (len(points) - 2)) * float(np.median(best)) ** 0.5
    agree = best <= max(spread, 1e-3) ** 2
    return similarity(points[agree], _PLACES[agree])


def _no_larger(picture: Image.Image, points: np.ndarray) -> tuple[Image.Image, np.ndarray]:
    """A picture whose longer side is at most 1024 pixels, as the reference reads it, and the points in it."""
    scale = _LONGEST / max(picture.size)
    if scale >= 1:
        return picture, points
    width, height = (int(side * scale) for side in picture.size)
    scales = np.array([width / picture.width, height / picture.height])
    return picture.resize((width, height), Image.Resampling.LANCZOS), (points + 0.5) * scales - 0.5


def _outside(picture: Image.Image, points: np.ndarray) -> np.ndarray:
    """(512, 512): True where no face is, by the landmarks where there are 68, else by where a face mostly is."""
    page = Image.new("L", (SIDE, SIDE), 0)
    if len(points) == 68:
        ImageDraw.Draw(page).polygon([(float(x), float(y)) for x, y in _head(picture, points)], fill=1)
    else:
        ImageDraw.Draw(page).ellipse(_OVAL, fill=1)
    return np.asarray(page) == 0


def _head(picture: Image.Image, points: np.ndarray) -> np.ndarray:
    """The jaw's line, and above it an arch from ear to ear, in the upright square."""
    _, five = _no_larger(picture, five_of(points))
    turn, shift = robust_similarity(five)
    places = _no_larger(picture, np.asarray(points, np.float64))[1] @ turn.T + shift
    jaw, brows = places[:17], places[17:27].mean(axis=0)
    middle, across = (jaw[0] + jaw[16]) / 2, (jaw[16] - jaw[0]) / 2
    up = brows - middle + _FOREHEAD * (brows - jaw[8])
    angles = np.linspace(0, np.pi, 24)[1:-1, None]
    return np.concatenate([jaw, middle + across * np.cos(angles) + up * np.sin(angles)])


def _checked(labels: np.ndarray) -> np.ndarray:
    if labels.shape != (SIDE, SIDE):
        raise FaceError(f"The parsing of a face is {labels.shape}, not {(SIDE, SIDE)}: parse the upright face itself.")
    return labels
