"""Masks that lie in files of their own: white is learned, black is not. Their pictures keep their background."""

import hashlib
import re
from pathlib import Path

from PIL import Image

from ..errors import DatasetError
from .picture_file import opened
from .pixels import upright

LABEL = "-masklabel"
"""What OneTrainer puts between a picture's name and .png."""
FOLDER = "masks"
_APART = (FOLDER, "_controls", "conditioning")
"""Folders that hold masks and control pictures; `_controls` is ai-toolkit's."""
_LABELLED = re.compile(r".+-(?:mask|cond)label(?:[-_ ]?\(?\d+\)?)?", re.IGNORECASE)
"""OneTrainer's masks and control pictures, numbered ones too."""


def is_mask(path: Path) -> bool:
    """Whether a file or folder holds masks or control pictures, and is no picture to train on."""
    return path.name.lower() in _APART or _LABELLED.fullmatch(path.stem) is not None


def mask_beside(picture: Path, root: Path) -> Path | None:
    """`001-masklabel.png` beside the picture, or `masks/001.png` in its folder or, within `root`, beside that."""
    places = [picture.with_name(f"{picture.stem}{LABEL}.png"), picture.parent / FOLDER / f"{picture.stem}.png"]
    if picture.parent.resolve() != root:
        places.append(picture.parent.parent / FOLDER / f"{picture.stem}.png")
    return next((path for path in places if path.is_file()), None)


def read_mask(path: Path, size: tuple[int, int]) -> Image.Image:
    """The mask as L of the picture's (width, height); DatasetError when it is of another size."""
    with opened(path) as file:
        mask = upright(file).convert("L")
    if mask.size != size:
        raise DatasetError(
            f"The mask {path.name} is {mask.width} x {mask.height} pixels and its picture {size[0]} x {size[1]}; make "
            "both the same size."
        )
    return mask


def mask_sha256(mask: Image.Image) -> str:
    """Names a mask by its values and size."""
    return hashlib.sha256(f"{mask.width}x{mask.height}:".encode() + mask.tobytes()).hexdigest()
