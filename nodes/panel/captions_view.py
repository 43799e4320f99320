"""Reviewed captions as plain JSON for the page: rows with their diffs, rows of looks, shared fragments, findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..host.page import stop_if_cancelled
from ..host.pictures import view_of_picture
from .budget import MOST_ROWS, fitting

if TYPE_CHECKING:
    from ...trainer.captions.review.caption_review import CaptionReview
    from ...trainer.captions.review.reviewed import AppearanceCount, Reviewed, Row
    from ...trainer.captions.rules.caption_rules import CaptionRules
    from ...trainer.dataset.dataset import Dataset
    from ...trainer.dataset.finding import Finding
    from .progress import Progress

_MOST_FRAGMENTS = 60
"""That the page lists; rarer ones it only counts."""
_NAMES = {"tagger": "tags", "vlm": "sentences", "hand": "by hand", "none": "no captions"}


def captions_view(  # noqa: PLR0913
    done: Reviewed, said: Sequence[Dataset], rules: CaptionRules, review: CaptionReview, text: str, progress: Progress
) -> dict[str, Any]:
    """`text` is the review as the page wrote it. Previews are made on the way; Cancelled when the user stops.

    Of very many pictures the first are listed; the others follow rules and captioners all the same.
    """
    listed = fitting(_rows(done.rows[:MOST_ROWS], progress))
    return {
        "review": text,
        "trigger": done.dataset.trigger,
        "subject": done.dataset.subject,
        "sources": [f"{number}: {_name(one)}" for number, one in enumerate(said, 1)],
        "source": review.source if review.source < len(said) else 0,
        "rows": listed,
        "more": len(done.rows) - len(listed),
        "appearance": [_looks(row, rules, len(done.rows)) for row in done.appearance],
        "fragments": _fragments(done, [row["id"] for row in listed]),
        "findings": [_finding(finding) for finding in done.findings],
        "kept": done.by_hand,
        "rewritten": len(done.rows) - done.by_hand,
    }


def _name(dataset: Dataset) -> str:
    authors = Counter(sample.author for sample in dataset.samples)
    return _NAMES[authors.most_common(1)[0][0]]


def _fragments(done: Reviewed, listed: Sequence[str]) -> list[dict[str, Any]]:
    """`rows` are places in the list of rows: sixty fragments of thousands of pictures by name would be megabytes."""
    place = {picture: number for number, picture in enumerate(listed)}
    return [
        {
            "text": one.fragment.text,
            "count": one.fragment.count,
            "slot": one.fragment.slot,
            "rows": [place[picture] for picture in one.pictures if picture in place] if rank < _MOST_FRAGMENTS else [],
        }
        for rank, one in enumerate(done.shared)
    ]


def _rows(rows: Sequence[Row], progress: Progress) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(rows, 1):
        stop_if_cancelled()
        progress(number, len(rows), row.sample.path.name)
        yield _row(row)


def _row(row: Row) -> dict[str, Any]:
    return {
        "id": row.picture,
        "name": row.sample.path.name,
        "split": row.sample.split,
        "view": view_of_picture(row.sample),
        "author": row.sample.author,
        "edited": row.edited,
        "caption": row.sample.caption,
        "words": [[word.text, word.kind] for word in row.words],
        "findings": [_finding(finding) for finding in row.findings],
        "texts": list(row.texts),
        "source": row.source,
    }


def _looks(looks: AppearanceCount, rules: CaptionRules, count: int) -> dict[str, Any]:
    seen = f"left out of {looks.omitted}, said in {looks.said} of {count}"
    return {
        "row": looks.row,
        "title": looks.row.replace("_", " "),
        "choice": rules.appearance.get(looks.row, "rules"),
        "note": seen if looks.omitted or looks.said else "in no caption",
    }


def _finding(finding: Finding) -> dict[str, str]:
    return {"check": finding.check, "level": finding.level, "text": finding.text}
