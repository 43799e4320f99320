"""Base-model families: which one a folder or file holds, and loading it."""

from dataclasses import replace
from pathlib import Path

from ..errors import ModelError
from ..recipe.memory import Precision
from .base import Base, Family, Predicts
from .sd.checkpoint import CheckpointParts, describe_checkpoint
from .sd.folder import FolderParts, describe_folder
from .sd.sd15 import Sd15
from .sd.sdxl import Sdxl


def describe_base(path: Path, predicts: Predicts = "") -> Base:
    """The base in a folder in the diffusers layout or in a checkpoint file; ModelError names what is wrong with it."""
    if path.is_dir():
        return replace(describe_folder(path), predicts=predicts)
    if path.is_file():
        return replace(describe_checkpoint(path), predicts=predicts)
    raise ModelError(f"There is no base model {path}. Choose a checkpoint file, or a folder in the diffusers layout.")


def load_family(base: Base, *, device: str = "cpu", precision: Precision = "fp32", clip_skip: int = 1) -> Family:
    """The base ready to train on or draw with; its parts load when first used. `clip_skip` is SD 1.5's alone."""
    parts = FolderParts(base) if base.path.is_dir() else CheckpointParts(base)
    if base.family == "sdxl":
        return Sdxl(base, parts, device=device, precision=precision)
    return Sd15(base, parts, device=device, precision=precision, clip_skip=clip_skip)
