"""One picture of a dataset and what is known of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from ..errors import DatasetError
from ..storage.values import checked_values
from .finding import Finding

Author = Literal["none", "tagger", "vlm", "hand"]
Origin = Literal["original", "crop", "variant", "filled"]
Split = Literal["train", "held_out"]


@dataclass(frozen=True, kw_only=True)
class FaceMark:
    """The subject's face: box (left, top, right, bottom) in pixels, angles in degrees, and the reader that says so.

    Negative yaw looks to the picture's left, positive pitch looks up. None: this reader does not measure it.
    """

    box: tuple[float, float, float, float]
    reader: str
    yaw: float | None = None
    pitch: float | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "FaceMark":
        known = checked_values(cls, data, DatasetError)
        known["box"] = tuple(known["box"])
        return cls(**known)


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """To the character's face, by which reader, and against what it was taken. None: not measured, and why."""

    value: float | None
    reader: str
    against: str

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Likeness":
        return cls(**checked_values(cls, data, DatasetError))


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A picture on disk. `sha256` is of its decoded RGB pixels, `source` the sha256 of what it was made from.

    Transparency is flattened on the colour `matte` (a Pillow colour name or `#rrggbb`); `masked` keeps it as the mask
    of the training loss besides, unless a file `mask` is that (white is learned), named by the sha256 of its values.
    `alternatives` are further captions: training takes one of all each time.
    `raw` is what the captioner said before any rule changed it, `tags` the tagger's words in its own spelling. `waived`
    names checks whose warnings the user has seen and accepted. Variants know the `style` they are in, and what a model
    drew its `seed`; `filled` ones show what the set lacked.
    """

    path: Path
    sha256: str
    width: int
    height: int
    caption: str = ""
    alternatives: tuple[str, ...] = ()
    author: Author = "none"
    raw: str = ""
    tags: tuple[str, ...] = ()
    origin: Origin = "original"
    source: str | None = None
    style: str = ""
    seed: int | None = None
    split: Split = "train"
    repeats: int = 1
    matte: str = "white"
    masked: bool = False
    mask: Path | None = None
    mask_sha256: str | None = None
    face: FaceMark | None = None
    likeness: Likeness | None = None
    findings: tuple[Finding, ...] = ()
    waived: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.repeats < 1:
            raise DatasetError(f"{self.path.name} has {self.repeats} repeats; use 1 or more.")
        if min(self.width, self.height) < 1:
            raise DatasetError(f"{self.path.name} is {self.width} × {self.height} pixels; no picture is.")

    @property
    def captions(self) -> tuple[str, ...]:
        """The caption and its alternatives."""
        return (self.caption, *self.alternatives)

    @property
    def pixels(self) -> int:
        return self.width * self.height

    @property
    def is_made(self) -> bool:
        """Whether a model drew it."""
        return self.origin in ("variant", "filled")

    @property
    def family(self) -> str:
        """What it was made from, else itself: pictures of one family must not be split or counted as duplicates."""
        return self.source or self.sha256

    def to_json(self) -> dict[str, Any]:
        mask = None if self.mask is None else self.mask.as_posix()
        data = {**asdict(self), "path": self.path.as_posix(), "mask": mask}
        if not self.alternatives:
            # Datasets without any read as they always did, by earlier versions too.
            del data["alternatives"]
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Sample":
        known = checked_values(cls, data, DatasetError)
        known["path"] = Path(known["path"])
        if known.get("mask") is not None:
            known["mask"] = Path(known["mask"])
        if known.get("face") is not None:
            known["face"] = FaceMark.from_json(known["face"])
        if known.get("likeness") is not None:
            known["likeness"] = Likeness.from_json(known["likeness"])
        known["findings"] = tuple(Finding.from_json(finding) for finding in known.get("findings", ()))
        known["waived"] = tuple(known.get("waived", ()))
        known["tags"] = tuple(known.get("tags", ()))
        known["alternatives"] = tuple(known.get("alternatives", ()))
        return cls(**known)
