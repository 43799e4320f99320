"""What a check says of one picture or of the whole set."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..errors import DatasetError
from ..storage.values import checked_values

Level = Literal["note", "warning", "error"]
Verdict = Literal["ready", "attention", "blocked"]
_SHORT = {
    "file": "cannot be read",
    "changed": "file changed",
    "left out": "left out",
    "folder": "not used",
    "size": "too small",
    "aspect": "odd shape",
    "buckets": "lone bucket",
    "alpha": "see-through",
    "jpeg": "poor JPEG",
    "blocks": "JPEG blocks",
    "blur": "blurred",
    "softer": "softer than most",
    "upscaled": "enlarged or soft",
    "exposure": "poorly exposed",
    "profile": "made sRGB",
    "copy": "exact copy",
    "near copy": "near copy",
    "no face": "no face",
    "several faces": "several faces",
    "odd one out": "odd one out",
    "count": "picture count",
    "variety": "few differ",
    "all copies": "all copies",
    "all faceless": "no faces",
}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One sentence of `check`: what, where and how to mend it.

    `note` informs, `warning` asks for attention, `error` makes the picture useless for training. `value` is what was
    measured, in the check's own unit. `other` is the sha256 of the other picture, where the finding is of a pair.
    """

    check: str
    level: Level
    text: str
    value: float | None = None
    other: str | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Finding":
        return cls(**checked_values(cls, data, DatasetError))


def verdict(findings: Iterable[Finding], waived: Iterable[str] = ()) -> Verdict:
    """Blocked by any error, attention for any warning whose check is not waived, else ready."""
    ignored = set(waived)
    levels = {finding.level for finding in findings if finding.level == "error" or finding.check not in ignored}
    return "blocked" if "error" in levels else "attention" if "warning" in levels else "ready"


def short_words(check: str) -> str:
    """One or two words for a check, for badges and chips where a sentence has no room."""
    return _SHORT.get(check, check)
