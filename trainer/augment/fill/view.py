"""The shot catalogue: what can be made for each bucket of the coverage, as data that people edit."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...dataset.coverage.coverage import AXES
from ...errors import DatasetError
from ..table import Table

ANOTHER = "another"
"""The bucket that stands for any the set does not have yet."""
OPEN = ("background", "outfit")
"""Axes whose buckets are what the pictures show: nothing there has a name before it is made."""
_DEFAULTS = Path(__file__).with_name("views.txt")
_EXAMPLE = "angle: left profile | profile, facing left | Turn the head to the left."
_TABLE = Table(
    name="catalogue",
    columns=("axis: bucket", "words", "edit", "shape", "negative"),
    least=2,
    most=128,
    empty=f"There are no views in the catalogue; write one a line, as: {_EXAMPLE}",
    too_many="{count} views are too many; keep {most} or fewer.",
)
_SHAPE = re.compile(r"([1-9][0-9]?)\s*[:x/]\s*([1-9][0-9]?)")


@dataclass(frozen=True, kw_only=True)
class View:
    """A way to fill one bucket: `words` for prompt and caption, `edit` for a model that is told what to change.

    `shape` is width and height in parts; None keeps the reference's.
    """

    axis: str
    bucket: str
    words: str
    edit: str = ""
    shape: tuple[int, int] | None = None
    negative: str = ""

    def __post_init__(self) -> None:
        if self.axis not in AXES:
            raise DatasetError(f"There is no axis {self.axis[:40]!r}; use one of {', '.join(AXES)}.")
        if not self.bucket or not self.words.strip():
            raise DatasetError(f"A view needs a bucket and words; write it as: {_EXAMPLE}")
        if self.shape is not None and not 1 / 4 <= self.shape[0] / self.shape[1] <= 4:
            raise DatasetError(f"The shape {self.shape[0]}:{self.shape[1]} is too long; use 1:4 to 4:1.")

    @property
    def name(self) -> str:
        return f"{self.axis}: {self.bucket}"

    @property
    def instruction(self) -> str:
        """What an edit model is told to change."""
        return self.edit or f"Change the picture to show {self.words}."

    def line(self) -> str:
        """As a row of the table."""
        shape = "" if self.shape is None else f"{self.shape[0]}:{self.shape[1]}"
        return " | ".join((self.name, self.words, self.edit, shape, self.negative)).rstrip(" |")


@cache
def stock_views() -> tuple[View, ...]:
    """The catalogue that comes with the pack."""
    return parse_views(_DEFAULTS.read_text(encoding="utf-8"))


def table_of(views: Sequence[View]) -> str:
    """The catalogue as people edit it."""
    return "\n".join(view.line() for view in views)


def parse_views(text: str) -> tuple[View, ...]:
    """Rows of `axis: bucket | words | edit | shape | negative`, the last three optional; # begins a remark.

    DatasetError names every row that cannot be read, and a table that is empty or too long.
    """
    return tuple(_TABLE.rows(text, _from_row))


def _from_row(row: Mapping[str, str]) -> View:
    axis, _, bucket = row["axis: bucket"].partition(":")
    return View(
        axis=axis.strip().lower(),
        bucket=bucket.strip(),
        words=row["words"],
        edit=row.get("edit", ""),
        shape=_shape(row.get("shape", "")),
        negative=row.get("negative", ""),
    )


def _shape(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    if not (found := _SHAPE.fullmatch(text)):
        raise DatasetError(f"the shape {text[:20]!r} cannot be read; write it as 2:3, width before height.")
    return int(found[1]), int(found[2])
