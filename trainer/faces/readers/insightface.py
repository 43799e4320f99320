"""Reads faces with the insightface package, from model packs that lie on this machine: nothing is downloaded."""

import os
import warnings
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ...errors import FaceError, pip_install
from ...runtime.onnx_engine import TELEMETRY, Device, onnx_engine, providers_for, quiet_options
from ...storage.file_hash import files_fingerprint
from ..face import Face
from ..identity import unit
from ..metric import COSINE, Metric
from ..pose import pose_of_68, pose_of_points
from ..registry import FaceFolders, ReaderEntry
from ..retry import SIDES as SMALLER
from .marks import eyes_closed, mouth_open
from .network import needed_engine
from .packs import PACKS, Pack, pack_folder

SIDES = (640, 128)
"""Detector sizes tried together: 640 misses faces that fill the picture, 128 finds only those (insightface 2)."""
THRESHOLD = 0.5
_OLDEST = 2
"""The first major version that detects at several sizes at once, takes session options and prints nothing."""
_INSTALL = (
    f"InsightFace's packs are read by the insightface package: run {pip_install('--no-deps insightface')} and "
    f"{pip_install('onnx opencv-python-headless scikit-image')}."
)


class InsightFaceReader:
    """ArcFace embeddings (512,) of one pack. Vectors of two packs are not comparable."""

    licence = (
        "InsightFace's model packs are for non-commercial research only, unless you hold a licence from InsightFace."
    )
    measures_identity = True
    metric: Metric = COSINE
    sides: Sequence[int] = SMALLER

    def __init__(self, pack: str, folders: Sequence[Path], device: Device = "auto") -> None:
        """Raises FaceError naming the file that is missing from `folders` and where to put it, or the package."""
        if lack := missing(pack, folders):
            raise FaceError(lack)
        self.name = f"insightface {pack}"
        self.same_person = PACKS[pack].same_person
        self._pack, self._folders = pack, tuple(folders)
        self._device: Device = device
        self._analysis: Any = None

    @property
    def fingerprint(self) -> str:
        """Another one has pictures read again."""
        return files_fingerprint(pack_folder(self._pack, self._folders).glob("*.onnx"))

    def faces(self, image: Image.Image) -> list[Face]:
        """All faces, largest first, found at 640 and at 128."""
        return self._read(image, SIDES, THRESHOLD)

    def faces_at(self, image: Image.Image, *, side: int, threshold: float) -> list[Face]:
        """All faces found with the picture scaled to `side`, scored above `threshold`."""
        return self._read(image, (side,), threshold)

    def _read(self, image: Image.Image, sides: Sequence[int], threshold: float) -> list[Face]:
        # insightface scales the longer side to the detector's and cannot scale the shorter to less than a pixel.
        sides = [side for side in sides if side * min(image.size) > max(image.size)]
        if not sides:
            return []
        if self._analysis is None:
            self._analysis = _analysis(self._pack, self._folders, self._device)
        blue_first = np.ascontiguousarray(np.asarray(image.convert("RGB"))[:, :, ::-1])
        try:
            self._analysis.prepare(ctx_id=0, det_thresh=threshold, det_size=[(side, side) for side in sides])
            found = self._analysis.get(blue_first)
        except Exception as error:  # neither insightface nor onnxruntime has a common exception of its own
            raise FaceError(f"{self.name} cannot read a picture ({error}); download the pack again.") from error
        return sorted((_face(one) for one in found), key=lambda face: -face.width * face.height)


def missing(pack: str, folders: Sequence[Path]) -> str | None:
    """Why a pack cannot be read, or None."""
    try:
        pack_folder(pack, folders)
    except FaceError as fault:
        return str(fault)
    return _package_fault()


def _face(found: Any) -> Face:
    """Of insightface's. Its own pose has our signs and agrees to a degree, but angles already saved would move."""
    left, top, right, bottom = (float(side) for side in found.bbox)
    points = tuple((float(x), float(y)) for x, y in found.kps)
    marks = None if found.landmark_3d_68 is None else np.asarray(found.landmark_3d_68, np.float64)
    pose = (None if marks is None else pose_of_68(marks)) or pose_of_points(points)
    return Face(
        box=(left, top, right, bottom),
        points=points,
        yaw=None if pose is None else pose.yaw,
        pitch=None if pose is None else pose.pitch,
        roll=None if pose is None else pose.roll,
        embedding=unit(found.embedding),
        score=float(found.det_score),
        mouth_open=None if marks is None else mouth_open(marks[:, :2]),
        eyes_closed=None if marks is None else eyes_closed(marks[:, :2]),
        length=float(np.linalg.norm(found.embedding)),
    )


def _analysis(pack: str, folders: Sequence[Path], device: Device) -> Any:
    """insightface's FaceAnalysis of a pack.

    It downloads a pack whose folder it does not find: the folder is looked for here, again at the last moment, and
    given as a whole path.
    """
    analysis_of = _face_analysis()
    engine: Any = onnx_engine()
    folder = pack_folder(pack, folders)
    try:
        made = analysis_of(
            name=str(folder),
            allowed_modules=["detection", "recognition", "landmark_3d_68"],
            providers=providers_for(engine, device),
            sess_options=quiet_options(engine),
            # Retries look at four sizes: a session for each would hold the detector four times.
            static_shape_sessions=False,
        )
    except Exception as error:
        raise FaceError(f"{_named(folder, error)} cannot be loaded ({error}); download the file again.") from error
    _refuse_others(made, folder, PACKS[pack])
    return made


def _face_analysis() -> Any:
    """The class. Raises FaceError that says which package is missing."""
    if fault := _package_fault():
        raise FaceError(fault)
    needed_engine()
    chosen = os.environ[TELEMETRY]
    try:
        from insightface.app import FaceAnalysis  # pyright: ignore[reportMissingTypeStubs]
    except ImportError as error:
        raise FaceError(f"{_INSTALL} ({error})") from error
    finally:
        # The package overwrites what the user chose; onnxruntime has read it by now.
        os.environ[TELEMETRY] = chosen
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"insightface\.")
    return FaceAnalysis


def _package_fault() -> str | None:
    try:
        found = version("insightface")
    except PackageNotFoundError:
        return _INSTALL
    if int(found.split(".")[0]) < _OLDEST:
        return f"insightface {found} is too old to read packs here: run {pip_install('--no-deps -U insightface')}."
    return None


def _named(folder: Path, error: Exception) -> Path:
    """The file of a pack that an error speaks of, else its folder."""
    return next((path for path in sorted(folder.glob("*.onnx")) if path.name in str(error)), folder)


def _refuse_others(analysis: Any, folder: Path, pack: Pack) -> None:
    """insightface takes the first file of each kind: another recogniser's embeddings must not go by this name."""
    for task, name in (("detection", pack.detector), ("recognition", pack.recogniser)):
        model = analysis.models.get(task)
        found = Path(model.model_file).name if model is not None else "nothing"
        if found != name:
            raise FaceError(f"{folder} holds {found} beside {name}; keep only the files of the pack in it.")


def _entry(pack: str) -> ReaderEntry:
    def lacks(folders: FaceFolders) -> str | None:
        return missing(pack, folders.insightface)

    def opened(folders: FaceFolders, device: Device) -> InsightFaceReader:
        return InsightFaceReader(pack, folders.insightface, device)

    return ReaderEntry(name=pack, lacks=lacks, open=opened)


PACK_ENTRIES = tuple(_entry(pack) for pack in PACKS)
