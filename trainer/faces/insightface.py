"""Reads faces with InsightFace's model packs on onnxruntime; the insightface package is not needed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ..errors import FaceError
from .align import aligned, unit, warp
from .face import Face
from .onnx_file import Device, OnnxFile
from .pose import Pose, pose_of_68, pose_of_points
from .scrfd import Spot, detect

SIDES = (640, 128)
"""Detector sizes tried together: 640 misses faces that fill the picture, 128 finds only those (insightface 2)."""
_POSE_SIDE = 192
_POSE_ROOM = 1.5


@dataclass(frozen=True)
class Pack:
    """The files of a pack, and the cosine from which two of its faces count as one person.

    Published thresholds for these recognisers run from 0.35 to 0.45 with the security asked for; drawn and rendered
    faces score lower than photographs, so the lower end is taken.
    """

    detector: str
    recogniser: str
    pose: str = "1k3d68.onnx"
    same_person: float = 0.35


PACKS: Mapping[str, Pack] = {
    "buffalo_l": Pack("det_10g.onnx", "w600k_r50.onnx"),
    "antelopev2": Pack("scrfd_10g_bnkps.onnx", "glintr100.onnx"),
}


class InsightFaceReader:
    """ArcFace embeddings (512,) of one pack. Vectors of two packs are not comparable."""

    licence = (
        "InsightFace's model packs are for non-commercial research only, unless you hold a licence from InsightFace."
    )
    measures_identity = True

    def __init__(self, pack: str, folders: Sequence[Path], device: Device = "auto") -> None:
        """Raises FaceError naming the file that is missing from `folders` and where to put it."""
        files = PACKS[pack]
        self.name = f"insightface {pack}"
        self.same_person = files.same_person
        self._detector = OnnxFile(_needed(pack, files.detector, "face detector", folders), device)
        self._recogniser = OnnxFile(_needed(pack, files.recogniser, "recogniser", folders), device)
        pose = _found(pack, files.pose, folders)
        self._pose = None if pose is None else OnnxFile(pose, device)

    def faces(self, image: Image.Image) -> list[Face]:
        """All faces, largest first, found at 640 and at 128."""
        return self._read(image.convert("RGB"), SIDES, 0.5)

    def faces_at(self, image: Image.Image, *, side: int, threshold: float) -> list[Face]:
        """All faces found with the picture scaled to `side`, scored above `threshold`."""
        return self._read(image.convert("RGB"), (side,), threshold)

    def _read(self, image: Image.Image, sides: Sequence[int], threshold: float) -> list[Face]:
        spots = detect(self._detector, image, sides, threshold)
        return sorted((self._face(image, spot) for spot in spots), key=lambda face: -face.width * face.height)

    def _face(self, image: Image.Image, spot: Spot) -> Face:
        crop = np.asarray(aligned(image, spot.points), np.float32)
        blob = ((crop - 127.5) / 127.5).transpose(2, 0, 1)[None]
        pose = self._turn(image, spot) or pose_of_points(spot.points)
        return Face(
            box=spot.box,
            points=spot.points,
            yaw=None if pose is None else pose.yaw,
            pitch=None if pose is None else pose.pitch,
            roll=None if pose is None else pose.roll,
            embedding=unit(self._recogniser.run(blob)[0]),
            score=spot.score,
        )

    def _turn(self, image: Image.Image, spot: Spot) -> Pose | None:
        """By the pack's 68 points in space; that network takes raw values of a crop half as large again as the box."""
        if self._pose is None:
            return None
        left, top, right, bottom = spot.box
        scale = _POSE_SIDE / (max(right - left, bottom - top) * _POSE_ROOM)
        centre = (left + right) / 2, (top + bottom) / 2
        shift = [_POSE_SIDE / 2 - scale * middle for middle in centre]
        crop = warp(image, np.array([[scale, 0, shift[0]], [0, scale, shift[1]]]), _POSE_SIDE)
        blob = np.asarray(crop, np.float32).transpose(2, 0, 1)[None]
        return pose_of_68(np.asarray(self._pose.run(blob)[0]).reshape(-1, 3)[-68:].astype(np.float64))


def missing(pack: str, folders: Sequence[Path]) -> str | None:
    """Why a pack cannot be read, or None."""
    files = PACKS[pack]
    try:
        _needed(pack, files.detector, "face detector", folders)
        _needed(pack, files.recogniser, "recogniser", folders)
    except FaceError as fault:
        return str(fault)
    return None


def _needed(pack: str, name: str, what: str, folders: Sequence[Path]) -> Path:
    path = _found(pack, name, folders)
    if path is not None:
        return path
    if not folders:
        raise FaceError(f"No folder is set for {pack}; give one that holds {pack}/{name} (its {what}).")
    raise FaceError(f"{name}, the {what} of {pack}, is missing; put the unpacked {pack}.zip at {folders[0] / pack}.")


def _found(pack: str, name: str, folders: Sequence[Path]) -> Path | None:
    return next((place / name for place in _places(pack, folders) if (place / name).is_file()), None)


def _places(pack: str, folders: Sequence[Path]) -> Iterator[Path]:
    """A pack's archive unpacks into a folder of its own name, so that it often lies one level deeper than meant."""
    for folder in folders:
        for root in (folder, folder / "models"):
            yield root / pack
            yield root / pack / pack
        if folder.name == pack:
            yield folder
