"""Finished pictures on disk by what they were made from, so that no picture is ever made twice."""

import hashlib
from pathlib import Path

from PIL import Image

from ..errors import DatasetError, RunError
from ..generate.shot import Shot
from ..images.pixels import load_rgb
from ..storage.atomic import write_atomically
from ..storage.values import canonical_json

FOLDER = "pictures"


def picture_key(base: str, shot: Shot, strength: float) -> str:
    """Names a picture: the shot, and the contents of its LoRA and base rather than where they lie.

    `strength` is the plan's, which the control without a LoRA is named by too.
    """
    parts = {**shot.by_content(), "strength": strength, "base": base}
    return hashlib.sha256(canonical_json(parts).encode()).hexdigest()[:32]


class Shelf:
    """Pictures of one comparison folder."""

    def __init__(self, out: Path) -> None:
        self.out = out

    def path(self, key: str) -> str:
        """Where a picture lies, relative to the comparison's folder."""
        return f"{FOLDER}/{key}.png"

    def find(self, key: str) -> Image.Image | None:
        """A finished picture; None when there is none, or not a whole one."""
        try:
            return load_rgb(self.out / self.path(key))
        except DatasetError:
            return None

    def keep(self, key: str, image: Image.Image) -> None:
        """Put a picture there whole. It is not forced onto the disk: one lost to a power cut is simply made again."""
        path = self.out / self.path(key)
        scratch = path.with_suffix(".part")
        try:
            scratch.parent.mkdir(parents=True, exist_ok=True)
            image.convert("RGB").save(scratch, "PNG")
            scratch.replace(path)
        except OSError as fault:
            if scratch.parent.is_dir():
                scratch.unlink(missing_ok=True)
            raise _refusal(path, fault) from fault


def write(path: Path, data: bytes) -> None:
    """Write whole or not at all; RunError says what to do when the disk refuses."""
    try:
        write_atomically(path, data)
    except OSError as fault:
        raise _refusal(path, fault) from fault


def _refusal(path: Path, fault: OSError) -> RunError:
    reason = fault.strerror or str(fault)
    return RunError(f"Cannot write {path}: {reason}. Free some space or choose another folder.")
