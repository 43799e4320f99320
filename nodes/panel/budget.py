"""How much the page is sent of what may be of any size: the host keeps every output, and the page parses it whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from ...trainer.errors import listed, shortened

Row = TypeVar("Row")
MOST_ROWS = 2000
"""Pictures that a table lists."""
MOST_LETTERS = 3_000_000
"""Of one table as JSON, whatever its captions and findings hold."""
_MOST_WORDS = 8000


def fitting(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows from the first on, as long as they fit MOST_LETTERS; those beyond are not even made."""
    kept: list[dict[str, Any]] = []
    left = MOST_LETTERS
    for row in rows:
        left -= len(json.dumps(row))
        if left < 0 and kept:
            break
        kept.append(row)
    return kept


def spread(rows: Sequence[Row], most: int) -> list[Row]:
    """At most so many of the rows at even distances, the first and the last among them."""
    if len(rows) <= most:
        return list(rows)
    last = len(rows) - 1
    return [rows[round(number * last / (most - 1))] for number in range(most)]


def words_of(text: str) -> tuple[str]:
    """Words on a node as the host's `text` takes them."""
    return (shortened(text, _MOST_WORDS),)


def warnings_of(lines: Iterable[str]) -> tuple[str, ...]:
    """Warnings on a node: the first of very many, and how many there are beyond."""
    return tuple(listed(list(lines)))
