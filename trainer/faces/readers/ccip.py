"""Tells drawn characters apart with CCIP, whose second network says how alike two of them are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from ...errors import FaceError, RunError, pip_install
from ...runtime.onnx_engine import Device
from ...storage.file_hash import files_fingerprint
from ...storage.values import read_json
from ..face import Face
from ..metric import Metric
from ..registry import FaceFolders, ReaderEntry
from .network import Network

_SIDE = 384
_MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
_SPREAD = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)
"""CLIP's, of colours in 0..1, red first."""
_WIDTH = 768
_FEATURES, _DIFFERENCES, _NUMBERS = FILES = ("model_feat.onnx", "model_metrics.onnx", "metrics.json")
_LICENCE = "CCIP's models are under OpenRAIL, which forbids some uses; they know drawn characters only."
_CHUNK = 256


@dataclass(frozen=True)
class CcipMetric:
    """1 less the difference that the network tells; the mean has the mean direction and the mean length."""

    network: Network
    strangers: float
    name: str

    def between(self, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
        parts = [[self._block(some, more) for more in _parts(others)] for some in _parts(rows)]
        return np.block(parts).astype(np.float64)

    def mean(self, rows: np.ndarray) -> np.ndarray:
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        middle = (rows / np.maximum(lengths, 1e-12)).mean(axis=0)
        return middle / max(float(np.linalg.norm(middle)), 1e-12) * float(lengths.mean())

    def to_the_others(self, rows: np.ndarray, members: np.ndarray | None = None) -> np.ndarray:
        inside = np.ones(len(rows), bool) if members is None else members
        places = np.arange(len(rows))
        means = [self.mean(rows[inside & (places != n)]) for n in places]
        return np.array([self._block(row[None], mean[None])[0, 0] for row, mean in zip(rows, means, strict=True)])

    def _block(self, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
        """The network compares all that it is given with all."""
        return 1.0 - self.network(np.concatenate([rows, others]))[: len(rows), len(rows) :]


class CcipReader:
    """The whole picture as one face: features (768,) of the character that is drawn in it."""

    licence = _LICENCE
    measures_identity = True

    def __init__(self, folders: Sequence[Path], device: Device = "auto") -> None:
        """Raises FaceError naming the file that is missing from `folders` and where to put it."""
        folder = _folder(folders)
        self._folder = folder
        self.name = f"ccip {folder.name}"
        threshold = _threshold(folder / _NUMBERS)
        self.same_person = 1.0 - threshold
        self._features = Network(folder / _FEATURES, "CCIP's network of features", (3, _SIDE, _SIDE), device)
        differences = Network(folder / _DIFFERENCES, "CCIP's network of differences", (_WIDTH,), device)
        # How unlike strangers are is published nowhere: so much again as may lie between pictures of one character.
        self.metric: Metric = CcipMetric(differences, 1.0 - 2 * threshold, self.name)

    @property
    def fingerprint(self) -> str:
        """Another one has pictures read again."""
        return files_fingerprint(self._folder / name for name in FILES)

    def faces(self, image: Image.Image) -> list[Face]:
        """One, as large as the picture: of several characters in it the mixture."""
        small = np.asarray(image.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BILINEAR), np.float32) / 255
        row = self._features(((small - _MEAN) / _SPREAD).transpose(2, 0, 1)[None])[0]
        box = (0.0, 0.0, float(image.width), float(image.height))
        return [Face(box=box, points=(), yaw=None, embedding=np.asarray(row, np.float32).ravel(), score=1.0)]


def missing(folders: Sequence[Path]) -> str | None:
    """Why CCIP cannot be used, or None."""
    try:
        _folder(folders)
    except FaceError as fault:
        return str(fault)
    if find_spec("onnxruntime") is None:
        return f"CCIP needs onnxruntime: run {pip_install('onnxruntime-gpu')}, or `onnxruntime` without CUDA."
    return None


def _folder(folders: Sequence[Path]) -> Path:
    """The first with all three files, in the order of names: `ccip-caformer-24-randaug-pruned` and its kin."""
    places = list(_places(folders))
    whole = next((place for place in places if all((place / name).is_file() for name in FILES)), None)
    if whole is not None:
        return whole
    half = next((place for place in places if any((place / name).is_file() for name in FILES)), None)
    lost = next((name for name in FILES if half is not None and not (half / name).is_file()), _FEATURES)
    place = half or (folders[0] if folders else Path("ccip"))
    files = ", ".join(FILES)
    raise FaceError(
        f"{lost} of CCIP is missing; put {files} of one model of deepghs/ccip_onnx on Hugging Face (OpenRAIL) into "
        f"{place}."
    )


def _places(folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        yield folder
        if folder.is_dir():
            yield from sorted(place for place in folder.iterdir() if place.is_dir())


def _threshold(path: Path) -> float:
    """The difference up to which two pictures show one character, as measured by who trained the model."""
    try:
        value = read_json(path, RunError).get("threshold")
    except RunError as fault:
        raise FaceError(f"{path} cannot be read as the numbers of a CCIP model; download it again.") from fault
    if not isinstance(value, int | float) or not 0 < value < 1:
        raise FaceError(f"{path} names no threshold between 0 and 1; download it again.")
    return float(value)


def _parts(rows: np.ndarray) -> list[np.ndarray]:
    return [rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK)]


def _lacks(folders: FaceFolders) -> str | None:
    return missing(folders.ccip)


def _open(folders: FaceFolders, device: Device) -> CcipReader:
    return CcipReader(folders.ccip, device)


CCIP_ENTRY = ReaderEntry(name="ccip", lacks=_lacks, open=_open, is_auto=False)
