"""One picture of a dataset and what is known of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from ..errors import DatasetError
from ..values import checked_keys

Author = Literal["none", "tagger", "vlm", "hand"]
Origin = Literal["original", "crop", "variant"]
Split = Literal["train", "held_out"]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A picture on disk. `sha256` is of its decoded RGB pixels, `source` the sha256 of what it was made from."""

    path: Path
    sha256: str
    width: int
    height: int
    caption: str = ""
    author: Author = "none"
    origin: Origin = "original"
    source: str | None = None
    split: Split = "train"
    repeats: int = 1

    def __post_init__(self) -> None:
        if self.repeats < 1:
            raise DatasetError(f"{self.path.name} has {self.repeats} repeats; use 1 or more.")

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "path": self.path.as_posix()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Sample":
        known = checked_keys(cls, data, DatasetError)
        known["path"] = Path(known["path"])
        return cls(**known)
