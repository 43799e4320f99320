"""The styles that variants are made in: data, one line each in a table that people edit."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from ...errors import DatasetError
from ...storage.values import checked_values
from ..table import Table

Face = Literal["strict", "loose", "flag"]
_RANGE = re.compile(r"([01]?\.?[0-9]{1,3})\s*(?:-|–|to)\s*([01]?\.?[0-9]{1,3})")
_DEFAULTS = Path(__file__).with_name("styles.toml")
_EXAMPLE = "oil painting portrait | 0.55-0.70 | loose | photo"
_TABLE = Table(
    name="styles",
    columns=("prompt", "denoise", "face", "negative"),
    most=32,
    empty=f"There are no styles to make variants in; write one a line, as: {_EXAMPLE}",
    too_many="{count} styles are too many to teach anything by; keep the best {most} or fewer.",
)


@dataclass(frozen=True, kw_only=True)
class Style:
    """What to ask for, how far from the render to go, and how strictly the face is held to it.

    `low` and `high` are the ends of the denoise schedule. `face` strict: the reader's own threshold; loose: three
    quarters of it, for paintings; flag: measured and told, never a reason to drop, since readers of photographs misread
    pencil lines.
    """

    prompt: str
    low: float = 0.35
    high: float = 0.65
    face: Face = "strict"
    negative: str = ""

    def __post_init__(self) -> None:
        if not self.prompt.strip():
            raise DatasetError(f"A style has no words; write it as: {_EXAMPLE}")
        if not 0 < self.low <= self.high <= 1:
            raise DatasetError(
                f"The style {self.prompt[:60]!r} has the denoise {self.low:g}-{self.high:g}: 0 changes nothing and "
                "more than 1 is not possible; use two numbers as 0.40-0.60, the smaller first."
            )
        if self.face not in ("strict", "loose", "flag"):
            raise DatasetError(f"The style {self.prompt[:60]!r} holds faces {self.face!r}; use strict, loose or flag.")

    def denoise_schedule(self, steps: int = 4) -> tuple[float, ...]:
        """Denoises to try, the highest first."""
        if self.low == self.high:
            return (self.high,)
        apart = (self.high - self.low) / (steps - 1)
        return tuple(round(self.high - step * apart, 3) for step in range(steps))

    def line(self) -> str:
        """As a row of the table."""
        return " | ".join((self.prompt, f"{self.low:.2f}-{self.high:.2f}", self.face, self.negative)).rstrip(" |")

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Style":
        return cls(**checked_values(cls, data, DatasetError))


@cache
def guide_styles() -> tuple[Style, ...]:
    """The product guide's five, with the denoise that suits each kind."""
    rows = tomllib.loads(_DEFAULTS.read_text(encoding="utf-8"))["style"]
    return tuple(Style.from_json(row) for row in rows)


def table_of(styles: Sequence[Style]) -> str:
    """The styles as people edit them."""
    return "\n".join(style.line() for style in styles)


def parse_styles(text: str) -> tuple[Style, ...]:
    """Rows of `prompt | denoise | face | negative`, all but the prompt optional; # begins a remark.

    DatasetError names every row that cannot be read, and a table that is empty, too long or names a style twice.
    """
    return tuple(_TABLE.rows(text, _from_row, _repeated))


def _repeated(styles: Sequence[Style]) -> list[str]:
    names = [style.prompt.lower() for style in styles]
    return [f"The style {name!r} is there twice; keep one." for name in dict.fromkeys(names) if names.count(name) > 1]


def _from_row(row: Mapping[str, str]) -> Style:
    given: dict[str, Any] = {name: row[name] for name in ("face", "negative") if row.get(name)}
    if denoise := row.get("denoise"):
        given["low"], given["high"] = _ends(denoise)
    return Style(prompt=row["prompt"], **given)


def _ends(text: str) -> tuple[float, float]:
    try:
        if found := _RANGE.fullmatch(text):
            return float(found[1]), float(found[2])
        return float(text), float(text)
    except ValueError:
        raise DatasetError(f"the denoise {text[:30]!r} cannot be read; write it as 0.40-0.60 or 0.5.") from None
