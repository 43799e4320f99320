"""Finds faces with OpenCV's YuNet: small, quick and permissively licensed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ...errors import FaceError, pip_install
from ...storage.file_hash import files_fingerprint
from ..face import Face
from ..metric import COSINE, Metric
from ..pose import pose_of_points
from ..retry import SIDES

SIDE = 640
THRESHOLD = 0.7
_OVERLAP = 0.3
_MOST = 5000
DETECTOR = "face_detection_yunet"
RECOGNISER = "face_recognition_sface"
_INSTALL = f"This face reader needs OpenCV 4.8 or newer: run {pip_install('opencv-python-headless')}."


class YuNet:
    """Boxes and five points, without identity."""

    name = "yunet"
    same_person = 1.0
    metric: Metric = COSINE
    sides: Sequence[int] = SIDES
    licence = "YuNet (MIT) may be used commercially."
    measures_identity = False

    def __init__(self, folders: Sequence[Path]) -> None:
        """Raises FaceError naming the file that is missing from `folders`, or the package."""
        module = cv2()
        self._path = path = model_file(DETECTOR, folders)
        try:
            self._detector: Any = module.FaceDetectorYN.create(str(path), "", (SIDE, SIDE), THRESHOLD, _OVERLAP, _MOST)
        except module.error as error:
            raise FaceError(not_loaded(error, path)) from error

    @property
    def fingerprint(self) -> str:
        """Another one has pictures read again."""
        return files_fingerprint([self._path])

    def faces(self, image: Image.Image) -> list[Face]:
        """All faces, largest first, with the picture's longer side scaled down to 640."""
        return self.faces_at(image, side=SIDE, threshold=THRESHOLD)

    def faces_at(self, image: Image.Image, *, side: int, threshold: float) -> list[Face]:
        """All faces found with the longer side scaled down to `side`, scored above `threshold`."""
        rows = self.rows(blue_first(image), side=side, threshold=threshold)
        return sorted((face_of(row) for row in rows), key=lambda face: -face.width * face.height)

    def rows(self, pixels: np.ndarray, *, side: int, threshold: float) -> list[np.ndarray]:
        """As OpenCV has it: left, top, width, height, five points and score, in (h, w, 3) pixels with blue first."""
        module = cv2()
        high, wide = pixels.shape[:2]
        scale = min(1.0, side / max(wide, high))
        size = (max(1, round(wide * scale)), max(1, round(high * scale)))
        small = module.resize(pixels, size, interpolation=module.INTER_AREA) if scale < 1 else pixels
        self._detector.setInputSize(size)
        self._detector.setScoreThreshold(threshold)
        try:
            found = self._detector.detect(small)[1]
        except module.error as error:
            raise FaceError(not_read(error, self._path)) from error
        return [] if found is None else [_full(row, scale) for row in found]


def face_of(row: np.ndarray, embedding: np.ndarray | None = None) -> Face:
    """Of a row as YuNet gives it; no embedding is no identity."""
    left, top, width, height, *marks = (float(value) for value in row[:14])
    points = tuple(zip(marks[::2], marks[1::2], strict=True))
    pose = pose_of_points(points)
    return Face(
        box=(left, top, left + width, top + height),
        points=points,
        yaw=None if pose is None else pose.yaw,
        pitch=None if pose is None else pose.pitch,
        roll=None if pose is None else pose.roll,
        embedding=np.zeros(0, np.float32) if embedding is None else embedding,
        score=float(row[14]),
    )


def missing(stems: Sequence[str], folders: Sequence[Path]) -> str | None:
    """Why models of OpenCV cannot be used, or None."""
    try:
        cv2()
        for stem in stems:
            model_file(stem, folders)
    except FaceError as fault:
        return str(fault)
    return None


def blue_first(image: Image.Image) -> np.ndarray:
    """(h, w, 3) as OpenCV wants colours."""
    return np.ascontiguousarray(np.asarray(image.convert("RGB"))[:, :, ::-1])


def cv2() -> Any:
    """The package. Raises FaceError that says how to get one that reads faces."""
    try:
        import cv2  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise FaceError(_INSTALL) from error
    module: Any = cv2
    if not hasattr(module, "FaceDetectorYN") or not hasattr(module, "FaceRecognizerSF"):
        raise FaceError(_INSTALL)
    return module


def model_file(stem: str, folders: Sequence[Path]) -> Path:
    """The newest file of a model, by the date in its name; compressed int8 versions come last."""
    found = [
        path for folder in folders for place in (folder, folder / "opencv") for path in place.glob(f"{stem}*.onnx")
    ]
    if found:
        return max(found, key=_age)
    what, licence = {
        DETECTOR: ("YuNet, the face detector", "MIT"),
        RECOGNISER: ("SFace, the recogniser", "Apache-2.0"),
    }[stem]
    place = folders[0] / f"{stem}_….onnx" if folders else f"{stem}_….onnx"
    raise FaceError(
        f"{what} of OpenCV's model zoo, is missing; put it at {place} ({licence}, of opencv/opencv_zoo on GitHub, "
        f"models/{stem})."
    )


def not_loaded(error: Exception, *paths: Path) -> str:
    names = " and ".join(path.name for path in paths)
    return (
        f"OpenCV {cv2().__version__} cannot load {names} ({_reason(error)}); download it again, for OpenCV 5 in its "
        "newest version."
    )


def not_read(error: Exception, path: Path) -> str:
    return (
        f"OpenCV {cv2().__version__} cannot read a picture with {path.name} ({_reason(error)}); see that it is that "
        "model, and for OpenCV 5 its newest version."
    )


def _full(row: np.ndarray, scale: float) -> np.ndarray:
    full = row.copy()
    full[:14] /= scale
    return full


def _age(path: Path) -> tuple[bool, int, int, str]:
    """Full precision before int8, then by year and month (`2023mar`)."""
    months = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
    dates = [
        (int(part[:4]), months.index(part[4:7]))
        for part in path.stem.split("_")
        if part[:4].isdigit() and part[4:7] in months
    ]
    year, month = max(dates, default=(0, 0))
    return "int8" not in path.stem, year, month, path.name


def _reason(error: Exception) -> str:
    """OpenCV's own words without its source file and line."""
    return str(getattr(error, "err", "") or error).strip().splitlines()[0].removeprefix("> ")[:120]
