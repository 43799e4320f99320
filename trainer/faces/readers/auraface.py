"""Reads faces with AuraFace, a recogniser of ArcFace's kind that may be used commercially."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from ...errors import FaceError, pip_install
from ...runtime.onnx_engine import Device
from ...storage.file_hash import files_fingerprint
from ..face import Face
from ..identity import unit
from ..metric import COSINE, Metric
from ..registry import FaceFolders, ReaderEntry
from . import dlib, yunet
from .align import SIDE, aligned
from .dlib import DlibFinder
from .network import Network
from .yunet import DETECTOR, YuNet

_FILE = "glintr100.onnx"
_FOLDER = "auraface"
"""How the folder's name begins: antelopev2 has another network of that file name."""
Finder = YuNet | DlibFinder


class AuraFaceReader:
    """AuraFace embeddings (512,) of faces that YuNet finds, or dlib where YuNet is not there.

    The threshold is what LibreFaceRec verifies at with it (cosine 0.4).
    """

    same_person = 0.4
    measures_identity = True
    metric: Metric = COSINE

    def __init__(self, folders: FaceFolders, device: Device = "auto") -> None:
        """Raises FaceError naming the file that is missing from `folders` and where to put it, or the package."""
        if lack := missing(folders):
            raise FaceError(lack)
        has_yunet = yunet.missing((DETECTOR,), folders.opencv) is None
        self._finder: Finder = YuNet(folders.opencv) if has_yunet else DlibFinder()
        self._network = Network(_recogniser(folders), "AuraFace", (3, SIDE, SIDE), device)
        self.name = f"auraface + {self._finder.name}"
        self.sides: Sequence[int] = self._finder.sides
        self.licence = f"{_LICENCE} {self._finder.licence}"

    @property
    def fingerprint(self) -> str:
        """Another one has pictures read again."""
        return f"{self._finder.fingerprint} {files_fingerprint([self._network.path])}"

    def faces(self, image: Image.Image) -> list[Face]:
        """All faces, largest first, as the finder sees them."""
        return self._known(image, self._finder.faces(image))

    def faces_at(self, image: Image.Image, *, side: int, threshold: float) -> list[Face]:
        """All faces found with the longer side scaled to `side`, scored above `threshold`."""
        return self._known(image, self._finder.faces_at(image, side=side, threshold=threshold))

    def _known(self, image: Image.Image, found: Sequence[Face]) -> list[Face]:
        if not found:
            return []
        crops = np.stack([np.asarray(aligned(image, face.points), np.float32) for face in found])
        # One at a time: exported recognisers may be fixed to a batch of one.
        rows = [self._network(crop[None])[0] for crop in (crops.transpose(0, 3, 1, 2) - 127.5) / 127.5]
        return [replace(face, embedding=unit(row)) for face, row in zip(found, rows, strict=True)]


_LICENCE = "AuraFace (Apache-2.0) may be used commercially; what it was trained on is not disclosed."


def missing(folders: FaceFolders) -> str | None:
    """Why AuraFace cannot be used, or None."""
    try:
        _recogniser(folders)
    except FaceError as fault:
        return str(fault)
    if find_spec("onnxruntime") is None:
        return f"AuraFace needs onnxruntime: run {pip_install('onnxruntime-gpu')}, or `onnxruntime` without CUDA."
    lack = yunet.missing((DETECTOR,), folders.opencv)
    if lack is None or dlib.missing() is None:
        return None
    return f"AuraFace needs YuNet or dlib to find faces. {lack} Or: {dlib.missing()}"


def _recogniser(folders: FaceFolders) -> Path:
    found = next((place / _FILE for place in _places(folders) if (place / _FILE).is_file()), None)
    if found is None:
        root = (*folders.insightface, *folders.opencv, Path())[0]
        raise FaceError(
            f"{_FILE} of AuraFace v1 is missing; put it at {root / _FOLDER / _FILE} (260 MB, Apache-2.0, of "
            "fal/AuraFace-v1 on Hugging Face)."
        )
    return found


def _places(folders: FaceFolders) -> Iterator[Path]:
    """Folders of its name, where insightface's own way of loading it puts them and beside OpenCV's files."""
    for folder in (*folders.insightface, *folders.opencv):
        for root in (folder, folder / "models"):
            if root.is_dir():
                yield from (place for place in sorted(root.iterdir()) if place.name.lower().startswith(_FOLDER))
        if folder.name.lower().startswith(_FOLDER):
            yield folder


def _open(folders: FaceFolders, device: Device) -> AuraFaceReader:
    return AuraFaceReader(folders, device)


AURAFACE_ENTRY = ReaderEntry(name="auraface", lacks=missing, open=_open)
