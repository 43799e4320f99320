"""Masks that lie in files of their own: white is learned, black is not. Their pictures keep their background."""

import hashlib
from pathlib import Path

from PIL import Image

from ..errors import DatasetError
from .picture_file import opened
from .pixels import upright

LABEL = "-masklabel"
"""What OneTrainer puts between a picture's name and .png."""
FOLDER = "masks"


def is_mask(path: Path) -> bool:
    """Whether a file or folder holds masks, and is no picture to train on."""
    return path.stem.endswith(LABEL) or path.name == FOLDER


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
