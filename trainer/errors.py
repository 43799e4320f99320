"""Everything that can go wrong, in one tree.

LikenessError
├── DatasetError   images, captions, folders
├── RecipeError    settings that cannot work
├── ModelError     base models and LoRA files
├── FaceError      face readers
├── RunError       run folders: in use, unwritable, full
└── Cancelled      the user asked to stop; what was made is saved
"""

import sys
from collections.abc import Sequence


def pip_install(packages: str) -> str:
    """The command that puts packages into the very Python that runs: a ComfyUI mostly has one of its own."""
    return f'`"{sys.executable}" -m pip install {packages}`'


class LikenessError(Exception):
    """A sentence for the user: what, where, and how to fix it."""

    __module__ = "likeness"
    """Hosts put it before the sentence, and as a custom node its own is the path of a file."""

    def __init_subclass__(cls) -> None:
        cls.__module__ = "likeness"

    @classmethod
    def all_of(cls, faults: Sequence[str]) -> "LikenessError":
        """One error that names every fault, so that the user mends them in one go."""
        return cls(faults[0] if len(faults) == 1 else "\n".join(f"{n}. {fault}" for n, fault in enumerate(faults, 1)))


class DatasetError(LikenessError):
    """Images, captions or folders that cannot be used."""


class RecipeError(LikenessError):
    """Settings that cannot work, alone or together."""


class ModelError(LikenessError):
    """A base model or LoRA file that is not what it should be."""


class FaceError(LikenessError):
    """A face reader that is missing or cannot read."""


class RunError(LikenessError):
    """A run folder that is in use, unwritable or full."""


class Cancelled(LikenessError):
    """The user asked to stop."""
