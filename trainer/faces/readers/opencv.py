"""Reads faces with OpenCV's YuNet and SFace: small, quick and permissively licensed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ...errors import FaceError
from ...runtime.onnx_engine import Device
from ...storage.file_hash import files_fingerprint
from ..face import Face
from ..identity import unit
from ..metric import COSINE, Metric
from ..registry import FaceFolders, ReaderEntry
from ..retry import SIDES
from .yunet import (
    DETECTOR,
    RECOGNISER,
    SIDE,
    THRESHOLD,
    YuNet,
    blue_first,
    cv2,
    face_of,
    missing,
    model_file,
    not_loaded,
    not_read,
)

_WIDTH = 128


class OpenCVReader:
    """SFace embeddings (128,). The threshold is the one OpenCV's model zoo publishes for it (cosine 0.363)."""

    name = "opencv yunet + sface"
    same_person = 0.363
    licence = "YuNet (MIT) and SFace (Apache-2.0) may be used commercially; what SFace was trained on is not disclosed."
    measures_identity = True
    metric: Metric = COSINE
    sides: Sequence[int] = SIDES

    def __init__(self, folders: Sequence[Path]) -> None:
        """Raises FaceError naming the file that is missing from `folders`, or the package."""
        module = cv2()
        self._finder = YuNet(folders)
        self._path = recogniser = model_file(RECOGNISER, folders)
        try:
            self._recogniser: Any = module.FaceRecognizerSF.create(str(recogniser), "")
        except module.error as error:
            raise FaceError(not_loaded(error, recogniser)) from error

    @property
    def fingerprint(self) -> str:
        """Another one has pictures read again."""
        return f"{self._finder.fingerprint} {files_fingerprint([self._path])}"

    def faces(self, image: Image.Image) -> list[Face]:
        """All faces, largest first, with the picture's longer side scaled down to 640."""
        return self.faces_at(image, side=SIDE, threshold=THRESHOLD)

    def faces_at(self, image: Image.Image, *, side: int, threshold: float) -> list[Face]:
        """All faces found with the longer side scaled down to `side`, scored above `threshold`."""
        pixels = blue_first(image)
        rows = self._finder.rows(pixels, side=side, threshold=threshold)
        faces = [face_of(row, self._embedding(pixels, row)) for row in rows]
        return sorted(faces, key=lambda face: -face.width * face.height)

    def _embedding(self, pixels: np.ndarray, row: np.ndarray) -> np.ndarray:
        try:
            found = unit(np.asarray(self._recogniser.feature(self._recogniser.alignCrop(pixels, row))))
        except cv2().error as error:
            raise FaceError(not_read(error, self._path)) from error
        if found.size != _WIDTH:
            raise FaceError(f"{self._path} is not SFace: it tells {found.size} numbers of a face and not {_WIDTH}.")
        return found


def _lacks(folders: FaceFolders) -> str | None:
    return missing((DETECTOR, RECOGNISER), folders.opencv)


def _open(folders: FaceFolders, _: Device) -> OpenCVReader:
    return OpenCVReader(folders.opencv)


OPENCV_ENTRY = ReaderEntry(name="opencv", lacks=_lacks, open=_open)
