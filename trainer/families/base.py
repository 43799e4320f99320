"""A base model by its files: what travels between nodes and lies in a run's `base.json`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from ..errors import RunError
from ..storage.values import checked_values

Predicts = Literal["", "epsilon", "v_prediction", "v_prediction, zero SNR"]
"""What a base predicts; "" for what its files say."""
PREDICTIONS: tuple[Predicts, ...] = tuple(word for word in get_args(Predicts) if word)
"""What can be said by hand."""

ASSISTANT = "assistant"
"""The part of `Base.files` that is a LoRA to train with and to draw without."""
CHECKPOINT, FOLDER = "checkpoint", "folder"
"""Parts of `Base.files` that hold a whole base: one file with everything, or a folder in the diffusers layout."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Base:
    """A base model: `files` are where its parts lie, `family` names the entry of the registry that reads them.

    `sha256` names its weights in caches and metadata; of one file it is the one that A1111 and Civitai know it by, of a
    base in several large files `storage.file_sample`'s.
    `predicts` is the user's word against the files': merges of velocity bases often lose their mark.
    """

    family: str
    name: str
    sha256: str
    files: Mapping[str, Path]
    predicts: Predicts = ""

    def __repr__(self) -> str:
        return f"base model {self.name} ({self.family})"

    @property
    def path(self) -> Path:
        """Where it lies: its first file or folder."""
        return next(iter(self.files.values()))

    def to_json(self) -> dict[str, Any]:
        return {
            "family": self.family,
            "name": self.name,
            "sha256": self.sha256,
            "files": {part: path.as_posix() for part, path in self.files.items()},
            "predicts": self.predicts,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Base":
        """RunError for anything but a base; runs of version 0.1 have one `path`."""
        known = dict(data)
        if "path" in known:
            path = Path(known.pop("path"))
            known["files"] = {CHECKPOINT if path.suffix else FOLDER: path}
        known = checked_values(cls, known, RunError)
        known["files"] = {str(part): Path(path) for part, path in dict(known["files"]).items()}
        return cls(**known)
