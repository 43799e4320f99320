"""The layout of a balance's picture: three panels of cells, pictures beneath them, words around."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...images.pen import AMBER, QUIET, TEXT, fitted
from ...images.sheet import Grid, Line, paragraph
from .balance import Balance
from .grid import Pair

MEASURES = ("identity", "following", "variety")
MARGIN, LABEL, APART = 40, 58, 34
CELL = (84, 54)
_GAP = 4
_NARROWEST = 460
"""Of the words at the top, in pixels."""


@dataclass(frozen=True)
class Sheet:
    """Where the parts lie; the words around them."""

    balance: Balance
    out: Path
    opening: Sequence[Line]
    closing: Sequence[Line]

    @property
    def panel(self) -> int:
        """Width of one measure's panel, its label included."""
        return LABEL + len(self.balance.grid.weights) * (CELL[0] + _GAP) - _GAP

    @property
    def top(self) -> int:
        return MARGIN + 62 + 26 * len(self.opening)

    def cells(self, number: int) -> Grid:
        """Of the measure of that number."""
        left = MARGIN + LABEL + number * (self.panel + APART)
        return Grid(columns=len(self.balance.grid.weights), tile=CELL, gap=_GAP, corner=(left, self.top + 60))

    @property
    def pictures(self) -> Grid:
        """A picture of every pair; beside them one without either and a real one."""
        count = len(self.balance.grid.weights)
        room = self.width - 2 * MARGIN - LABEL
        side = min(180, room // (count + 1) - _GAP - APART // (count + 1))
        wide, high = self.balance.plan.size
        top = self.cells(0).top(len(self.balance.grid.strengths)) + 84
        return Grid(columns=count, tile=(side, round(side * high / wide)), gap=_GAP, corner=(MARGIN + LABEL, top))

    @property
    def width(self) -> int:
        return max(_NARROWEST, len(MEASURES) * (self.panel + APART) - APART) + 2 * MARGIN

    @property
    def foot(self) -> int:
        return self.pictures.top(len(self.balance.grid.strengths)) + 54

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.foot + 24 * len(self.closing) + MARGIN

    def row(self, pair: Pair) -> int:
        """The strongest on top, as on any chart."""
        strengths = self.balance.grid.strengths
        return len(strengths) - 1 - strengths.index(pair[0])

    def column(self, pair: Pair) -> int:
        return self.balance.grid.weights.index(pair[1])


def sheet_of(balance: Balance, out: Path) -> Sheet:
    bare = Sheet(balance, out, (), ())
    room = bare.width - 2 * MARGIN
    opening = [*paragraph(balance.pick.reason, room, 18, TEXT)]
    opening += [line for warning in balance.pick.warnings for line in paragraph(warning, room, 18, AMBER)]
    names = " and ".join(dict.fromkeys(name for name in balance.readers.values() if name))
    told = (
        "Green frame: advised; thin frame: cannot be told from the best; amber: ruled out. Small figures are 95 % "
        f"intervals. {balance.plan.pictures} pictures a pair{f', measured by {names}' if names else ''}."
    )
    closing = paragraph(told, room, 15, QUIET)
    out_of = [f"{scores.label}: {scores.flags[0].sentence}" for scores in balance.cells.values() if scores.flags]
    closing += [Line(fitted(each, 15, room), 15, AMBER) for each in out_of[:4]]
    return Sheet(balance, out, opening, closing)
