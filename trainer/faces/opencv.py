"""Reads faces with OpenCV's YuNet and SFace: small, quick and permissively licensed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..errors import FaceError, pip_install
from ..runtime.onnx_engine import Device
from .face import Face
from .identity import unit
from .metric import COSINE, Metric
from .pose import pose_of_points
from .registry import FaceFolders, ReaderEntry

_SIDE = 640
_THRESHOLD = 0.7
_OVERLAP = 0.3
_MOST = 5000
_DETECTOR = "face_detection_yunet"
_RECOGNISER = "face_recognition_sface"
_INSTALL = f"This face reader needs OpenCV 4.8 or newer: run {pip_install('opencv-python-headless')}."


class OpenCVReader:
    """SFace embeddings (128,). The threshold is the one OpenCV's model zoo publishes for it (cosine 0.363)."""

    name = "opencv yunet + sface"
    same_person = 0.363
    licence = "YuNet (MIT) and SFace (Apache-2.0) may be used commercially; what SFace was trained on is not disclosed."
    measures_identity = True
    metric: Metric = COSINE

    def __init__(self, folders: Sequence[Path]) -> None:
        """Raises FaceError naming the file that is missing from `folders`, or the package."""
        cv2 = _cv2()
        detector, recogniser = (_needed(stem, folders) for stem in (_DETECTOR, _RECOGNISER))
        try:
            self._detector: Any = cv2.FaceDetectorYN.create(
                str(detector), "", (_SIDE, _SIDE), _THRESHOLD, _OVERLAP, _MOST
            )
            self._recogniser: Any = cv2.FaceRecognizerSF.create(str(recogniser), "")
        except cv2.error as error:
            raise FaceError(
                f"OpenCV {cv2.__version__} cannot load {detector.name} and {recogniser.name} ({_reason(error)}); "
                f"download them again, for OpenCV 5 in their newest version."
            ) from error

    def faces(self, image: Image.Image) -> list[Face]:
        """All faces, largest first, with the picture's longer side scaled down to 640."""
        return self.faces_at(image, side=_SIDE, threshold=_THRESHOLD)

    def faces_at(self, image: Image.Image, *, side: int, threshold: float) -> list[Face]:
        """All faces found with the longer side scaled down to `side`, scored above `threshold`."""
        cv2 = _cv2()
        scale = min(1.0, side / max(image.size))
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        pixels = np.ascontiguousarray(np.asarray(image.convert("RGB"))[:, :, ::-1])
        small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if scale < 1 else pixels
        self._detector.setInputSize(size)
        self._detector.setScoreThreshold(threshold)
        try:
            rows = self._detector.detect(small)[1]
            return self._sorted([] if rows is None else [self._face(pixels, row, scale) for row in rows])
        except cv2.error as error:
            raise FaceError(
                f"OpenCV {cv2.__version__} cannot read a picture with these files ({_reason(error)})."
            ) from error

    def _face(self, pixels: np.ndarray, row: np.ndarray, scale: float) -> Face:
        """`row` is left, top, width, height, five points and score at `scale`."""
        full = row.copy()
        full[:14] /= scale
        left, top, width, height, *marks = (float(value) for value in full[:14])
        points = tuple(zip(marks[::2], marks[1::2], strict=True))
        pose = pose_of_points(points)
        crop = self._recogniser.alignCrop(pixels, full)
        return Face(
            box=(left, top, left + width, top + height),
            points=points,
            yaw=None if pose is None else pose.yaw,
            pitch=None if pose is None else pose.pitch,
            roll=None if pose is None else pose.roll,
            embedding=unit(np.asarray(self._recogniser.feature(crop))),
            score=float(full[14]),
        )

    @staticmethod
    def _sorted(faces: list[Face]) -> list[Face]:
        return sorted(faces, key=lambda face: -face.width * face.height)


def missing(folders: Sequence[Path]) -> str | None:
    """Why this reader cannot be used, or None."""
    try:
        _cv2()
        for stem in (_DETECTOR, _RECOGNISER):
            _needed(stem, folders)
    except FaceError as fault:
        return str(fault)
    return None


def _cv2() -> Any:
    try:
        import cv2  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise FaceError(_INSTALL) from error
    module: Any = cv2
    if not hasattr(module, "FaceDetectorYN") or not hasattr(module, "FaceRecognizerSF"):
        raise FaceError(_INSTALL)
    return module


def _needed(stem: str, folders: Sequence[Path]) -> Path:
    """The newest file of a model, by the date in its name; compressed int8 versions come last."""
    found = [
        path for folder in folders for place in (folder, folder / "opencv") for path in place.glob(f"{stem}*.onnx")
    ]
    if found:
        return max(found, key=_age)
    what = {_DETECTOR: "YuNet, the face detector", _RECOGNISER: "SFace, the recogniser"}[stem]
    place = folders[0] / f"{stem}_….onnx" if folders else f"{stem}_….onnx"
    raise FaceError(f"{what} of OpenCV's model zoo is missing; put it at {place}.")


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
    return str(getattr(error, "err", "") or error).strip().splitlines()[0][:120]


def _lacks(folders: FaceFolders) -> str | None:
    return missing(folders.opencv)


def _open(folders: FaceFolders, _: Device) -> OpenCVReader:
    return OpenCVReader(folders.opencv)


OPENCV_ENTRY = ReaderEntry(name="opencv", licence=OpenCVReader.licence, lacks=_lacks, open=_open)
