"""Compares subjects of any kind, without faces, by DINOv2 or DINOv3 from a transformers folder on this machine."""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ...errors import FaceError, RunError
from ...runtime.onnx_engine import Device
from ...storage.file_hash import files_fingerprint
from ...storage.values import read_json
from ..face import Box, Face
from ..identity import unit
from ..metric import COSINE, Metric
from ..registry import FaceFolders, ReaderEntry

_NEEDED = ("config.json", "model.safetensors", "preprocessor_config.json")
_LICENCES: Mapping[str, str] = {
    "dinov2": "DINOv2 (Apache-2.0) may be used commercially.",
    "dinov2_with_registers": "DINOv2 (Apache-2.0) may be used commercially.",
    "dinov3_vit": "DINOv3's own licence allows commercial use under conditions.",
}
_NOT_IDENTITY = "Nobody trained it to tell persons apart: clothes and light count as much as who it is."
_SIDE = 448
"""Pictures are read at the pixels of a square of this side, in their own shape."""
_LONGEST = 4.0
"""No picture is read longer than so many times its breadth."""
_LEAST, _MOST = 0.05, 0.95
"""Parts of the picture: a subject of less or more was not told from its ground."""
_SAME = 0.6


class DinoReader:
    """The subject as one face: the mean (d,) of what the network says of its patches, of unit length.

    The threshold is a guess below the 0.774 that DreamBooth's authors report between real pictures of one subject.
    """

    same_person = _SAME
    measures_identity = True
    metric: Metric = COSINE

    def __init__(self, folders: Sequence[Path], device: Device = "auto") -> None:
        """Raises FaceError saying what is missing from `folders` and where to put it."""
        self._folder, self._device = _folder(folders), device
        self._kind = str(_config(self._folder).get("model_type"))
        self.name = f"dino {self._folder.name}"
        self.licence = f"{_LICENCES[self._kind]} {_NOT_IDENTITY}"

    @property
    def fingerprint(self) -> str:
        """Another one has pictures read again."""
        return files_fingerprint(self._folder / name for name in _NEEDED)

    def faces(self, image: Image.Image) -> list[Face]:
        """One: what its patches tell from the ground; of transparent pictures as they come flattened."""
        patches = self._patches(image)
        subject = _subject(patches)
        embedding = unit(patches[subject].mean(axis=0))
        return [Face(box=_box(subject, image.size), points=(), yaw=None, embedding=embedding, score=1.0)]

    def _patches(self, image: Image.Image) -> np.ndarray:
        """(rows, columns, d) of the last layer."""
        import torch

        model, mean, spread = self._loaded
        side = int(model.config.patch_size)
        columns, rows = _grid(image.size, side)
        small = image.convert("RGB").resize((columns * side, rows * side), Image.Resampling.BICUBIC)
        pixels = (np.asarray(small, np.float32) / 255 - mean) / spread
        with torch.inference_mode():
            given = torch.tensor(pixels.transpose(2, 0, 1)[None], dtype=torch.float32)
            tokens = model(pixel_values=given.to(model.device)).last_hidden_state[0]
        # Before the patches comes the picture as a whole, and registers where the model has any.
        return tokens[-rows * columns :].float().cpu().numpy().reshape(rows, columns, -1)

    @cached_property
    def _loaded(self) -> tuple[Any, np.ndarray, np.ndarray]:
        """The model, and mean and spread (3,) of colours in 0..1."""
        import torch
        import transformers

        kinds: Any = transformers
        numbers = read_json(self._folder / "preprocessor_config.json", RunError)
        try:
            model = kinds.AutoModel.from_pretrained(self._folder, use_safetensors=True, local_files_only=True)
            colours = np.array(numbers["image_mean"], np.float32), np.array(numbers["image_std"], np.float32)
        except Exception as fault:  # transformers and safetensors have no common exception
            raise FaceError(f"{self._folder} cannot be loaded as DINO ({fault}); download its files again.") from fault
        where = "cuda" if self._device != "cpu" and torch.cuda.is_available() else "cpu"
        return model.to(where).eval(), *colours


def missing(folders: Sequence[Path]) -> str | None:
    """Why DINO cannot be used, or None."""
    try:
        _folder(folders)
    except FaceError as fault:
        return str(fault)
    return None


def _folder(folders: Sequence[Path]) -> Path:
    for place in _places(folders):
        if all((place / name).is_file() for name in _NEEDED) and _config(place).get("model_type") in _LICENCES:
            return place
    place = (folders[0] if folders else Path("dino")) / "dinov2-base"
    raise FaceError(
        f"DINO is missing; put {', '.join(_NEEDED)} of facebook/dinov2-base on Hugging Face (Apache-2.0) into {place}."
    )


def _places(folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        yield folder
        if folder.is_dir():
            yield from sorted(place for place in folder.iterdir() if place.is_dir())


def _config(folder: Path) -> Mapping[str, Any]:
    try:
        return read_json(folder / "config.json", RunError)
    except RunError:
        return {}


def _grid(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Columns and rows of patches of `side` pixels."""
    shape = min(_LONGEST, max(1 / _LONGEST, size[0] / size[1]))
    wide, high = _SIDE * math.sqrt(shape), _SIDE / math.sqrt(shape)
    return max(1, round(wide / side)), max(1, round(high / side))


def _subject(patches: np.ndarray) -> np.ndarray:
    """Which patches (rows, columns) are the subject's: one side of their first principal component, as in DINOv2's
    paper (Oquab et al. 2023), the one that has less of the picture's border. All, where that tells nothing."""
    rows = patches.reshape(-1, patches.shape[-1]).astype(np.float64)
    around = rows - rows.mean(axis=0)
    along = np.linalg.eigh(around.T @ around)[1][:, -1]
    side = (around @ along > 0).reshape(patches.shape[:2])
    border = np.ones_like(side)
    border[1:-1, 1:-1] = False
    subject = side if side[border].mean() <= 0.5 else ~side
    return subject if _LEAST <= subject.mean() <= _MOST else np.ones_like(side)


def _box(subject: np.ndarray, size: tuple[int, int]) -> Box:
    """Around the subject's patches, in pixels of the picture."""
    down, across = np.flatnonzero(subject.any(axis=1)), np.flatnonzero(subject.any(axis=0))
    wide, high = size[0] / subject.shape[1], size[1] / subject.shape[0]
    return float(across[0]) * wide, float(down[0]) * high, (across[-1] + 1.0) * wide, (down[-1] + 1.0) * high


def _lacks(folders: FaceFolders) -> str | None:
    return missing(folders.dino)


def _open(folders: FaceFolders, device: Device) -> DinoReader:
    return DinoReader(folders.dino, device)


DINO_ENTRY = ReaderEntry(name="dino", lacks=_lacks, open=_open, is_auto=False)
