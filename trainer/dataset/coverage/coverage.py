"""What a set of pictures shows of its character, bucket by bucket, and what would help it most."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from ...errors import DatasetError
from ...faces.face import EXPRESSIONS
from ...storage.values import checked_values
from ..finding import Finding
from .add_next import add_next
from .axis import Axis
from .framing import framing_of
from .lighting import lighting_of
from .observe import CoverageRow, observe
from .tally import AXES, tally

__all__ = [
    "AXES",
    "EXPRESSIONS",
    "Axis",
    "Coverage",
    "CoverageRow",
    "cover",
    "framing_of",
    "lighting_of",
    "observe",
]
LARGE, LOUD = 0.6, 0.8
"""Shares of the largest bucket from which a set is lopsided, and from which a LoRA takes it for the character."""
_LOPSIDED = ("angle", "expression", "lighting", "background", "outfit")


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """All axes by name, in the order of `AXES`, and sentences on what to add, the most useful first."""

    axes: Mapping[str, Axis]
    add_next: tuple[str, ...] = ()

    def bucket_of(self, sha256: str) -> Mapping[str, str]:
        """Where one picture lies, by axis; axes that could not measure it are missing."""
        return self._by_picture.get(sha256, {})

    @cached_property
    def _by_picture(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for axis in self.axes.values():
            for bucket, held in axis.buckets.items():
                for sha256 in held:
                    found[sha256][axis.name] = bucket
        return found

    def findings(self) -> tuple[Finding, ...]:
        """One warning for each axis on which most pictures are alike."""
        return tuple(finding for axis in self.axes.values() if (finding := _lopsided(axis)) is not None)

    def to_json(self) -> dict[str, Any]:
        return {"axes": {name: asdict(axis) for name, axis in self.axes.items()}, "add_next": list(self.add_next)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Coverage":
        known = checked_values(cls, data, DatasetError)
        known["axes"] = {name: Axis.from_json(axis) for name, axis in known["axes"].items()}
        known["add_next"] = tuple(known.get("add_next", ()))
        return cls(**known)


def _lopsided(axis: Axis) -> Finding | None:
    if axis.largest is None or axis.name not in _LOPSIDED or axis.measured < 5 or axis.largest[1] <= LARGE:
        return None
    bucket, share = axis.largest
    count = f"{round(share * axis.measured)} of {axis.measured} pictures"
    text = f"{count} share the {axis.name} {bucket!r}; vary it."
    if share > LOUD:
        text = f"{count} share the {axis.name} {bucket!r}; the LoRA will take it for part of the character. Vary it."
    return Finding(check=f"coverage {axis.name}", level="warning", text=text, value=round(share, 3))


def cover(rows: Sequence[CoverageRow], expressions: Sequence[str] = EXPRESSIONS) -> Coverage:
    """Count what `rows` show. `expressions` are the ones a set should show, in the words of who reads them."""
    axes = {axis.name: axis for axis in tally(rows, expressions)}
    return Coverage(axes=axes, add_next=add_next(axes, len(rows)))
