"""Reads drawn faces: where they are, who they are, and what the picture shows (ONNX, CPU)."""

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..errors import FaceError, pip_install
from ..faces.face import Face, Reading
from ..faces.metric import COSINE, Metric
from ..faces.registry import FaceFolders, ReaderEntry, register
from ..runtime.onnx_engine import Device, onnx_engine
from .world.look import BACKGROUNDS, COLORS, EXPRESSIONS, GARMENTS, SCENES, STYLES, TURNS, VALUES

ASSETS = Path(__file__).parent / "assets"
_SIDE = 128
_CELL = 8
_FACE_HEIGHT = 84 / 128
_FACE_MIDDLE = 60 / 128
_YAW = {"left": -35.0, "front": 0.0, "right": 35.0}


class DemoReader:
    """Face reader and attribute reader for the demo's drawings; knows nothing of photographs."""

    name = "demo reader"
    same_person = 0.6
    licence = "The demo reader may be used for anything (Apache-2.0); it knows drawings of the demo only."
    measures_identity = True
    metric: Metric = COSINE
    slots: Mapping[str, Sequence[str]] = {
        "background": tuple(BACKGROUNDS),
        "scene": tuple(SCENES),
        "clothing": tuple(f"{color} {garment}" for color in COLORS for garment in GARMENTS),
        "expression": tuple(EXPRESSIONS),
        "turn": tuple(TURNS),
        "style": tuple(STYLES),
    }

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _detector(self) -> Any:
        return _session(self._folder / "detector.onnx")

    @cached_property
    def _reader(self) -> Any:
        return _session(self._folder / "reader.onnx")

    def faces(self, image: Image.Image) -> list[Face]:
        """All faces, largest first. Finds faces from about a fifth of the picture's longer side upwards."""
        page, scale, offset = _letterbox(image.convert("RGB"))
        found = self._detector.run(None, {"pixels": _array([page])})[0][0]
        spots = [_undo(spot, scale, offset) for spot in _peaks(found)]
        if not spots:
            return []
        crops = [_framed(image.convert("RGB"), box) for _, box, _ in spots]
        identities, logits = self._reader.run(None, {"pixels": _array(crops)})
        faces: list[Face] = []
        for (score, box, points), identity, row in zip(spots, identities, logits, strict=True):
            turn = _softmax(_slot(row, "turn"))
            yaw = float(sum(share * _YAW[word] for share, word in zip(turn, VALUES["turn"], strict=True)))
            unit = identity / max(float(np.linalg.norm(identity)), 1e-8)
            faces.append(Face(box=box, points=points, yaw=yaw, embedding=unit, score=score))
        return sorted(faces, key=lambda face: -(face.box[2] - face.box[0]))

    def read(self, images: Sequence[Image.Image]) -> list[Reading]:
        """What each picture shows, from the whole picture scaled to a square of 128."""
        readings: list[Reading] = []
        for image in images:
            logits = self._reader.run(None, {"pixels": _array([image.convert("RGB")])})[1][0]
            words = {slot: values[int(np.argmax(_slot(logits, slot)))] for slot, values in VALUES.items()}
            words["clothing"] = f"{words.pop('garment_color')} {words.pop('garment')}"
            readings.append(Reading(values={slot: words[slot] for slot in self.slots}))
        return readings

    def margin(self, image: Image.Image, style: str) -> float | None:
        """How much likelier the drawing style that `style` names is than a 3d render; None when it names none."""
        asked = next((word for word, text in STYLES.items() if text in style.lower() and word != "render"), None)
        if asked is None:
            return None
        shares = _softmax(_slot(self._reader.run(None, {"pixels": _array([image.convert("RGB")])})[1][0], "style"))
        named = dict(zip(VALUES["style"], (float(share) for share in shares), strict=True))
        return named[asked] - named["render"]


def register_demo_reader() -> None:
    """Offer the demo's reader by name beside those of photographs; it knows drawings only, so `auto` never takes it."""

    def opened(_: FaceFolders, __: Device) -> DemoReader:
        return DemoReader(ASSETS)

    register(ReaderEntry(name="demo", lacks=lambda _: None, open=opened, is_auto=False))


def _session(path: Path) -> Any:
    try:
        engine = onnx_engine()
    except ImportError as error:
        raise FaceError(f"The demo reader needs onnxruntime: run {pip_install('onnxruntime')}.") from error
    options = engine.SessionOptions()
    options.intra_op_num_threads = 1
    try:
        return engine.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has no common exception of its own
        raise FaceError(f"{path} cannot be loaded ({error}); remake it with `python -m trainer demo build`.") from error


def _array(images: Sequence[Image.Image]) -> np.ndarray:
    small = [image.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR) for image in images]
    return np.stack([np.asarray(image, np.float32) for image in small]).transpose(0, 3, 1, 2) / 255


def _letterbox(image: Image.Image) -> tuple[Image.Image, float, tuple[float, float]]:
    scale = _SIDE / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    page = Image.new("RGB", (_SIDE, _SIDE), (128, 128, 128))
    left, top = (_SIDE - size[0]) // 2, (_SIDE - size[1]) // 2
    page.paste(image.resize(size, Image.Resampling.BILINEAR), (left, top))
    return page, scale, (left, top)


_Spot = tuple[float, tuple[float, float, float, float], tuple[tuple[float, float], ...]]


def _peaks(found: np.ndarray) -> list[_Spot]:
    """Faces of a (15, 16, 16) map above even odds, strongest first, no two sharing a third of their area."""
    kept: list[_Spot] = []
    for flat in np.argsort(-found[0], axis=None):
        row, column = divmod(int(flat), found.shape[2])
        logit, dx, dy, width, height, *points = (float(value) for value in found[:, row, column])
        if logit <= 0:
            break
        x, y = column * _CELL + _CELL / 2, row * _CELL + _CELL / 2
        cx, cy = x + dx * 16, y + dy * 16
        half = 16 * math.exp(min(width, 2.0)), 16 * math.exp(min(height, 2.0))
        box = (cx - half[0], cy - half[1], cx + half[0], cy + half[1])
        if all(_overlap(box, other) < 1 / 3 for _, other, _ in kept):
            marks = tuple((x + a * 16, y + b * 16) for a, b in zip(points[::2], points[1::2], strict=True))
            kept.append((1 / (1 + math.exp(-logit)), box, marks))
    return kept


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    smaller = min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))
    return width * height / smaller


def _undo(spot: _Spot, scale: float, offset: tuple[float, float]) -> _Spot:
    """From letterbox to picture pixels."""
    score, (left, top, right, bottom), points = spot
    x, y = offset
    box = ((left - x) / scale, (top - y) / scale, (right - x) / scale, (bottom - y) / scale)
    return score, box, tuple(((px - x) / scale, (py - y) / scale) for px, py in points)


def _framed(image: Image.Image, box: tuple[float, float, float, float]) -> Image.Image:
    """The face framed as the drawings frame it, edges repeated where the picture ends."""
    side = (box[3] - box[1]) / _FACE_HEIGHT
    left = (box[0] + box[2]) / 2 - side / 2
    top = (box[1] + box[3]) / 2 - side * _FACE_MIDDLE
    pixels = np.asarray(image)
    steps = (np.arange(_SIDE) + 0.5) * side / _SIDE
    rows = np.clip((top + steps).astype(int), 0, image.height - 1)
    columns = np.clip((left + steps).astype(int), 0, image.width - 1)
    return Image.fromarray(pixels[rows][:, columns])


def _slot(logits: np.ndarray, slot: str) -> np.ndarray:
    start = 0
    for name, values in VALUES.items():
        if name == slot:
            return logits[start : start + len(values)]
        start += len(values)
    raise KeyError(slot)


def _softmax(logits: np.ndarray) -> np.ndarray:
    shifted = np.exp(logits - logits.max())
    return shifted / shifted.sum()
