"""The SCRFD face detector of the InsightFace packs (Guo et al. 2021), decoded from its ONNX outputs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from .face import Box, Points
from .onnx_file import OnnxFile

_STRIDES = (8, 16, 32)
_ANCHORS = 2
_OVERLAP = 0.4


@dataclass(frozen=True)
class Spot:
    """A found face before anybody knows who it is."""

    box: Box
    points: Points
    score: float


def detect(network: OnnxFile, image: Image.Image, sides: Sequence[int], threshold: float) -> list[Spot]:
    """Faces of an RGB picture, surest first, sought at each of `sides` (squares, multiples of 32)."""
    rows = np.concatenate([_candidates(network, image, side, threshold) for side in sides])
    rows = rows[np.argsort(-rows[:, 0], kind="stable")]
    return [_spot(rows[keep]) for keep in _without_doubles(rows[:, 1:5])]


def _candidates(network: OnnxFile, image: Image.Image, side: int, threshold: float) -> np.ndarray:
    """(n, 15) of score, box and five points in picture pixels, doubles included."""
    page, scale = _page(image, side)
    outputs = [np.asarray(output).reshape(-1, output.shape[-1]) for output in network.run(_blob(page))]
    levels = [outputs[level :: len(_STRIDES)] for level in range(len(_STRIDES))]
    rows = np.concatenate(
        [_decode(level, stride, side, threshold) for level, stride in zip(levels, _STRIDES, strict=True)]
    )
    rows[:, 1:] /= scale
    return rows


def _page(image: Image.Image, side: int) -> tuple[Image.Image, float]:
    """The picture in the upper left of a black square, and by how much it was scaled."""
    wide, high = image.size
    size = (max(1, int(side * wide / high)), side) if high > wide else (side, max(1, int(side * high / wide)))
    page = Image.new("RGB", (side, side))
    page.paste(_scaled(image, size))
    return page, size[1] / high


def _scaled(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Bilinear between neighbours only, as the detector was trained and its threshold set."""
    if size == image.size:
        return image
    steps = (image.width / size[0], 0.0, 0.0, 0.0, image.height / size[1], 0.0)
    return image.transform(size, Image.Transform.AFFINE, steps, Image.Resampling.BILINEAR)


def _blob(page: Image.Image) -> np.ndarray:
    """(1, 3, side, side) RGB in about -1..1."""
    return ((np.asarray(page, np.float32) - 127.5) / 128).transpose(2, 0, 1)[None]


def _decode(level: list[np.ndarray], stride: int, side: int, threshold: float) -> np.ndarray:
    """(n, 15) of score, box and five points in page pixels: distances from anchor centres, in strides."""
    scores, boxes, points = level
    sure = np.flatnonzero(scores[:, 0] >= threshold)
    cell = sure // _ANCHORS
    cells = side // stride
    centre = np.stack([cell % cells, cell // cells], axis=1).astype(np.float32) * stride
    reach, marks = boxes[sure] * stride, points[sure] * stride
    return np.hstack([scores[sure], centre - reach[:, :2], centre + reach[:, 2:], np.tile(centre, 5) + marks]).astype(
        np.float64
    )


def _without_doubles(boxes: np.ndarray) -> list[int]:
    """Greedy non-maximum suppression over (n, 4) boxes, surest first; pixel counts include both ends."""
    area = (boxes[:, 2] - boxes[:, 0] + 1) * (boxes[:, 3] - boxes[:, 1] + 1)
    left = np.arange(len(boxes))
    kept: list[int] = []
    while len(left):
        best, rest = left[0], left[1:]
        kept.append(int(best))
        low, high = np.maximum(boxes[best, :2], boxes[rest, :2]), np.minimum(boxes[best, 2:], boxes[rest, 2:])
        shared = np.prod(np.clip(high - low + 1, 0, None), axis=1)
        left = rest[shared <= _OVERLAP * (area[best] + area[rest] - shared)]
    return kept


def _spot(row: np.ndarray) -> Spot:
    score, left, top, right, bottom, *marks = (float(value) for value in row)
    return Spot((left, top, right, bottom), tuple(zip(marks[::2], marks[1::2], strict=True)), score)
