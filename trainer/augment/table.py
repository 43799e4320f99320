"""Tables that people edit: one row a line, its cells between bars, # for remarks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ..errors import DatasetError

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Table:
    """What a table is like: its `columns` in order, the first `least` of them needed, and at most `most` rows.

    `name` is what faults call it; `empty` and `too_many` are said of a table that has no row or too many, the latter
    with {count} and {most} in it.
    """

    name: str
    columns: tuple[str, ...]
    most: int
    empty: str
    too_many: str
    least: int = 1

    def rows(
        self,
        text: str,
        row: Callable[[Mapping[str, str]], T],
        together: Callable[[Sequence[T]], Sequence[str]] = lambda _: (),
    ) -> list[T]:
        """What `row` makes of every line's cells by column; `together` names what is wrong with all that were read.

        DatasetError names every line that cannot be read.
        """
        lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
        lines = [(number, line) for number, line in lines if line and not line.startswith("#")]
        if not lines:
            raise DatasetError(self.empty)
        if len(lines) > self.most:
            raise DatasetError(self.too_many.format(count=len(lines), most=self.most))
        rows: list[T] = []
        faults: list[str] = []
        for number, line in lines:
            try:
                rows.append(row(self._cells(line)))
            except DatasetError as fault:
                faults.append(f"Line {number} of the {self.name}: {fault}")
        if faults := [*faults, *together(rows)]:
            raise DatasetError.all_of(faults)
        return rows

    def _cells(self, line: str) -> dict[str, str]:
        cells = [cell.strip() for cell in line.split("|")]
        if not self.least <= len(cells) <= len(self.columns):
            raise DatasetError(f"{line[:60]!r} has {len(cells)} parts; write {' | '.join(self.columns)}.")
        return dict(zip(self.columns, cells, strict=False))
