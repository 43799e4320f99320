"""Reads faces with dlib: package and models both come by pip, so that no file has to be found."""

import math
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ...errors import FaceError, pip_install
from ...runtime.onnx_engine import Device
from ...storage.file_hash import files_fingerprint
from ..face import Box, Face
from ..metric import Euclidean, Metric
from ..registry import FaceFolders, ReaderEntry
from .marks import eyes_closed, five_of_68, mouth_open, pose_of_marks

PACKAGES = "dlib-bin face_recognition_models"
_MODELS = "face_recognition_models"
_POINTS = "shape_predictor_68_face_landmarks.dat"
_ALIGNMENT = "shape_predictor_5_face_landmarks.dat"
_RECOGNISER = "dlib_face_recognition_resnet_model_v1.dat"
_SIDE = 1280
"""The longer side in which faces are sought: the detector sees those of 80 pixels and more, so 1/16 of a picture."""
_LARGEST = 4.0
"""No picture is enlarged more: what is that small holds no more faces."""
_STEEP = 4.0
"""Of the logistic curve that makes scores of the detector's margins: 0, its own threshold, is 0.5."""
_SURE = 0.65
"""Below lie mostly folds of cloth and the like; real faces that were measured begin at 0.7. Retries ask for less."""
_FOREHEAD, _CHIN = 0.24, 0.07
"""The detector's squares reach from the brows to the lips; by so much of their height YuNet's boxes go beyond."""


class DlibFinder:
    """Boxes, points, angles, mouth and eyes, without identity."""

    name = "dlib points"
    same_person = 1.0
    metric: Metric = Euclidean(strangers=0.2)
    sides: Sequence[int] = (2 * _SIDE,)
    """What else to seek in: smaller ones show nothing new to a detector that looks for large faces anyway."""
    licence = (
        "dlib (Boost licence) and its models (CC0) may be used commercially, but for the 68 points that tell angles "
        "and expressions: they were learned from iBUG 300-W, whose makers exclude commercial use."
    )
    measures_identity = False

    def __init__(self) -> None:
        """Raises FaceError naming the package that is missing, or the file that cannot be loaded."""
        if lack := missing():
            raise FaceError(lack)
        module = _dlib()
        self._detector: Any = module.get_frontal_face_detector()
        self._points = _loaded(module.shape_predictor, _POINTS)

    @property
    def fingerprint(self) -> str:
        """Another one has pictures read again."""
        files = files_fingerprint(_model(name) for name in (_POINTS, _ALIGNMENT, _RECOGNISER))
        return f"{getattr(_dlib(), '__version__', '')} {files}"

    def faces(self, image: Image.Image) -> list[Face]:
        """All faces, largest first, sought with the longer side at 1280."""
        return self.faces_at(image, side=_SIDE, threshold=_SURE)

    def faces_at(self, image: Image.Image, *, side: int, threshold: float) -> list[Face]:
        """All faces found with the longer side scaled to `side`, four times at most, scored at least `threshold`."""
        picture = image.convert("RGB")
        scale = min(_LARGEST, side / max(picture.size))
        page = np.asarray(_scaled(picture, scale))
        squares, margins, _ = self._detector.run(page, 0, _margin(threshold))
        # Enlarged pixels tell no more, but squares in whole pixels lie better on them.
        pixels, grown = (page, scale) if scale > 1 else (np.asarray(picture), 1.0)
        found = [
            self._face(pixels, grown, _moved(square, grown / scale), _score(margin))
            for square, margin in zip(squares, margins, strict=True)
        ]
        return sorted(found, key=lambda face: -face.width * face.height)

    def _face(self, pixels: np.ndarray, scale: float, square: Any, score: float) -> Face:
        shape = self._points(pixels, square)
        marks = np.array([(point.x, point.y) for point in shape.parts()], np.float64) / scale
        pose = pose_of_marks(marks)
        return Face(
            box=_box(square, scale),
            points=five_of_68(marks),
            yaw=None if pose is None else pose.yaw,
            pitch=None if pose is None else pose.pitch,
            roll=None if pose is None else pose.roll,
            embedding=self._embedding(pixels, square),
            score=score,
            mouth_open=mouth_open(marks),
            eyes_closed=eyes_closed(marks),
        )

    def _embedding(self, pixels: np.ndarray, square: Any) -> np.ndarray:
        return np.zeros(0, np.float32)


class DlibReader(DlibFinder):
    """Descriptors (128,) as they are, compared by distance. The threshold, 0.6, is what they were trained for."""

    name = "dlib"
    same_person = 0.4
    measures_identity = True

    def __init__(self) -> None:
        """Raises FaceError as DlibFinder does."""
        super().__init__()
        self._alignment = _loaded(_dlib().shape_predictor, _ALIGNMENT)
        self._recogniser = _loaded(_dlib().face_recognition_model_v1, _RECOGNISER)

    def _embedding(self, pixels: np.ndarray, square: Any) -> np.ndarray:
        shape = self._alignment(pixels, square)
        return np.asarray(self._recogniser.compute_face_descriptor(pixels, shape), np.float32)


def missing() -> str | None:
    """Why this reader cannot be used, or None."""
    packages = [package for package, module in (("dlib-bin", "dlib"), (_MODELS, _MODELS)) if find_spec(module) is None]
    if packages:
        return f"dlib reads faces with nothing but pip: run {pip_install(' '.join(packages))}."
    lost = [name for name in (_POINTS, _ALIGNMENT, _RECOGNISER) if not _model(name).is_file()]
    return f"{lost[0]} is missing from {_MODELS}; {_AGAIN}." if lost else None


_AGAIN = f"run {pip_install(f'--force-reinstall --no-deps {_MODELS}')}"


def _dlib() -> Any:
    try:
        import dlib  # pyright: ignore[reportMissingImports, reportMissingTypeStubs]
    except ImportError as error:
        raise FaceError(
            f"dlib cannot be imported ({error}); run {pip_install('--force-reinstall dlib-bin')}."
        ) from error
    module: Any = dlib
    return module


def _model(name: str) -> Path:
    """A file of the models' package, which is never imported: it asks for what new versions of setuptools lack."""
    spec = find_spec(_MODELS)
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    return Path(places[0] if places else _MODELS) / "models" / name


def _loaded(kind: Any, name: str) -> Any:
    try:
        return kind(str(_model(name)))
    except RuntimeError as error:
        raise FaceError(f"{_model(name)} cannot be loaded by dlib; {_AGAIN}.") from error


def _scaled(picture: Image.Image, scale: float) -> Image.Image:
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    how = Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.BILINEAR
    return picture if size == picture.size else picture.resize(size, how)


def _moved(square: Any, scale: float) -> Any:
    sides = square.left(), square.top(), square.right(), square.bottom()
    return type(square)(*(round(side * scale) for side in sides))


def _box(square: Any, scale: float) -> Box:
    left, top, right, bottom = (side / scale for side in (square.left(), square.top(), square.right(), square.bottom()))
    return left, top - _FOREHEAD * (bottom - top), right, bottom + _CHIN * (bottom - top)


def _score(margin: float) -> float:
    return 1 / (1 + math.exp(-_STEEP * margin))


def _margin(score: float) -> float:
    bounded = min(max(score, 1e-6), 1 - 1e-6)
    return math.log(bounded / (1 - bounded)) / _STEEP


def _lacks(_: FaceFolders) -> str | None:
    return missing()


def _open(_: FaceFolders, __: Device) -> DlibReader:
    return DlibReader()


DLIB_ENTRY = ReaderEntry(name="dlib", lacks=_lacks, open=_open)
