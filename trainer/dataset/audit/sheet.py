"""The contact sheet of an audit: every picture with its framing, its likeness and what was found, in plain words."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image

from ...errors import DatasetError
from ...images.pen import (
    AMBER,
    COLORS,
    GREEN,
    LINE,
    QUIET,
    RAISED,
    RED,
    TEXT,
    Color,
    Mark,
    Pen,
    fitted,
    width_of,
    wrapped,
)
from ...images.sheet import Line, draw_caption, draw_lines, draw_marks, draw_right, draw_tile, paragraph
from ..finding import short_words, verdict
from ..sample import Sample
from ..sample_pixels import open_sample
from .audit import Audit

_MARGIN, _GAP, _THUMB, _UNDER, _WORD = 40, 18, 200, 30, 18
_LINE, _STEP, _INDENT = 24, 10, 28
_COLUMNS = (4, 8)
MOST = 240
"""Tiles on one sheet; of larger sets those that need attention come first."""
_WORDS = {"ready": "ready to train", "attention": "needs attention", "blocked": "blocked"}
_LEVELS: dict[str, Mark] = {"error": "blocked", "warning": "attention"}
_MOST_FINDINGS, _MOST_WISHES = 5, 6


@dataclass(frozen=True)
class _HeadLine:
    words: str
    mark: Mark | None = None
    color: Color = QUIET
    indent: int = 0


@dataclass(frozen=True)
class _Page:
    """Where things lie: `head` lines above the tiles, `foot` lines below them, words under each row of tiles."""

    columns: int
    under: tuple[int, ...]
    head: tuple[_HeadLine, ...]
    foot: tuple[Line, ...]

    @property
    def width(self) -> int:
        return 2 * _MARGIN + self.columns * (_THUMB + _GAP) - _GAP

    @property
    def first(self) -> int:
        return _MARGIN + 70 + _STEP + _LINE * len(self.head)

    @property
    def below(self) -> int:
        return self.top(len(self.under))

    def top(self, row: int) -> int:
        return self.first + row * (_THUMB + _UNDER + _GAP) + _WORD * sum(self.under[:row])

    @property
    def height(self) -> int:
        return self.below + (44 + _LINE * len(self.foot) if self.foot else 0) + _MARGIN + 12


def draw_sheet(audit: Audit) -> Image.Image:
    """RGB; pictures that cannot be opened leave an empty tile that says so."""
    numbers = audit.foremost(MOST)
    columns = min(_COLUMNS[1], max(_COLUMNS[0], math.ceil(math.sqrt(1.4 * len(numbers)))))
    inner = columns * (_THUMB + _GAP) - _GAP
    found = [len(audit.dataset.samples[number].findings) for number in numbers]
    under = tuple(min(2, max(found[first : first + columns])) for first in range(0, len(found), columns))
    page = _Page(columns, under, tuple(_head(audit, inner, len(numbers))), tuple(_foot(audit, inner)))
    pen = Pen((page.width, page.height))
    _title(pen, page, audit)
    for place, number in enumerate(numbers):
        left = _MARGIN + place % columns * (_THUMB + _GAP)
        _tile(pen, (left, page.top(place // columns)), audit, audit.dataset.samples[number])
    _wishes(pen, page)
    _legend(pen, page, audit)
    return pen.image


def _head(audit: Audit, width: int, shown: int) -> list[_HeadLine]:
    said = list(audit.counters)
    if shown < len(audit.dataset.samples):
        said.append(f"Showing {shown} of {len(audit.dataset.samples)}, those that need attention first.")
    rows = [_HeadLine(line) for line in wrapped(" ".join(said), 15, width)]
    for finding in audit.findings[:_MOST_FINDINGS]:
        is_waived = finding.check in audit.rules.waived and finding.level != "error"
        is_quiet = is_waived or finding.level == "note"
        lines = wrapped(finding.text + (" (acknowledged)" if is_waived else ""), 15, width - _INDENT)
        mark: Mark | None = None if is_quiet else _LEVELS[finding.level]
        rows += [
            _HeadLine(line, None if n else mark, QUIET if is_quiet else TEXT, _INDENT) for n, line in enumerate(lines)
        ]
    if len(audit.findings) > _MOST_FINDINGS:
        rows.append(_HeadLine(f"and {len(audit.findings) - _MOST_FINDINGS} more in the report", indent=_INDENT))
    return rows


def _foot(audit: Audit, width: int) -> list[Line]:
    wishes = [line for wish in audit.add_next[:_MOST_WISHES] for line in paragraph(wish, width - 20, color=QUIET)]
    more = len(audit.add_next) - _MOST_WISHES
    return [*wishes, Line(f"and {more} more in the report", 15)] if more > 0 else wishes


def _title(pen: Pen, page: _Page, audit: Audit) -> None:
    words = _WORDS[audit.verdict]
    wide = width_of(words, 15) + 48
    name = fitted(audit.dataset.trigger, 30, page.width - 2 * _MARGIN - wide - 24)
    end = pen.text((_MARGIN, _MARGIN + 24), name, 30)
    left = round(end + 20)
    pen.panel((left, _MARGIN - 2, left + wide, _MARGIN + 30), RAISED, radius=16)
    pen.mark((left + 19, _MARGIN + 14), audit.verdict, 10)
    pen.text((left + 36, _MARGIN + 19), words, 15, COLORS[audit.verdict])
    y = _MARGIN + 64
    for before, line in zip((None, *page.head), page.head, strict=False):
        y += _STEP if before and before.indent < line.indent else 0
        if line.mark is not None:
            pen.mark((_MARGIN + 9, y - 5), line.mark, 9)
        pen.text((_MARGIN + line.indent, y), line.words, 15, line.color)
        y += _LINE


def _tile(pen: Pen, at: tuple[int, int], audit: Audit, sample: Sample) -> None:
    left, top = at
    pen.panel((left, top, left + _THUMB, top + _THUMB), RAISED)
    try:
        draw_tile(pen, at, open_sample(sample), _THUMB, resample=Image.Resampling.LANCZOS)
    except DatasetError:
        pen.text((left + _THUMB / 2, top + _THUMB / 2), "cannot be read", 14, QUIET, anchor="mm")
    framing = audit.coverage.bucket_of(sample.sha256).get("framing")
    if framing:
        wide = round(width_of(framing, 13)) + 18
        pen.dim((left + 8, top + 8, left + 8 + wide, top + 29), 0.72)
        pen.text((left + 17, top + 23), framing, 13)
    pen.mark((left + _THUMB - 20, top + 20), _mark(sample), 12)
    _band(pen, at, audit, sample)
    found = _words(
        sample, {one.sha256: one.path.name for one in reversed(audit.dataset.samples) if one.path != sample.path}
    )
    lines = [Line(words, 14, color, down=44 + _WORD * row) for row, (words, color) in enumerate(found[:2])]
    draw_caption(pen, (left, top + _THUMB), _THUMB, lines)


def _band(pen: Pen, at: tuple[int, int], audit: Audit, sample: Sample) -> None:
    """The name with the likeness beside it, over a bar as long as the likeness."""
    left, top = at[0], at[1] + _THUMB
    value = sample.likeness.value if sample.likeness and audit.reader else None
    color = QUIET if value is None else GREEN if value >= (audit.same_person or 0.0) else AMBER
    said = f"{value:.2f}" if value is not None else "not scored" if audit.reader else ""
    room = _THUMB - (width_of(said, 14) + 12 if said else 0)
    pen.text((left, top + 26), fitted(sample.path.name, 14, room), 14)
    if said:
        draw_right(pen, (left + _THUMB, top + 26), Line(said, 14, color))
    if audit.reader:
        pen.panel((left, top + 5, left + _THUMB, top + 9), LINE, radius=2)
    if value is not None and value > 0:
        pen.panel((left, top + 5, left + max(4, round(_THUMB * min(value, 1.0))), top + 9), color, radius=2)


def _mark(sample: Sample) -> Mark:
    state = verdict(sample.findings, sample.waived)
    is_unscored = sample.likeness is not None and sample.likeness.value is None
    return "unmeasured" if state == "ready" and is_unscored else state


def _words(sample: Sample, names: Mapping[str, str]) -> list[tuple[str, Color]]:
    """Findings in short, of copies with the other's name; `names` are those of the other pictures by sha256."""
    colors: dict[str, Color] = {"error": RED, "warning": AMBER, "note": QUIET}
    found: list[tuple[str, Color]] = []
    for finding in sample.findings:
        other = names.get(finding.other or "")
        words = short_words(finding.check) + (f" of {other}" if other else "")
        found.append((words, QUIET if finding.check in sample.waived else colors[finding.level]))
    return found


def _wishes(pen: Pen, page: _Page) -> None:
    if not page.foot:
        return
    pen.text((_MARGIN, page.below + 24), "Add these next", 17)
    draw_lines(pen, (_MARGIN, page.below + 54), page.foot, _LINE)


def _legend(pen: Pen, page: _Page, audit: Audit) -> None:
    y = page.height - _MARGIN + 8
    marks: list[tuple[Mark, str]] = [("ready", "ready"), ("attention", "look at it"), ("blocked", "unusable")]
    if audit.reader:
        marks.append(("unmeasured", "likeness not measured"))
    x = draw_marks(pen, (_MARGIN, y), marks)
    if audit.reader:
        said = f"Bar and number: likeness to the other faces, by {audit.reader}"
        draw_right(pen, (page.width - _MARGIN, y), Line(said), after=x)
