"""Base-model families: which one a folder holds, and loading it."""

from pathlib import Path

from ..recipe.memory import Precision
from .base import Base, Family
from .sdxl import Sdxl
from .sdxl_files import describe_sdxl


def describe_base(path: Path) -> Base:
    """The base model in a diffusers folder; ModelError names what is wrong with it."""
    return describe_sdxl(path)


def load_family(base: Base, *, device: str = "cpu", precision: Precision = "fp32", clip_skip: int = 1) -> Family:
    """The base ready to train on or draw with; its parts load when first used. `clip_skip` is SD 1.5's alone."""
    return Sdxl(base, device=device, precision=precision)
