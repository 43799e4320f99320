"""A comparison as plain JSON for the page: a live grid while it is drawn, then columns, measures and pictures.

What the page is told, and by whom:

- While drawing, `send("likeness.note", {"node": id, "text": line, "live": LiveGrid.state()})`, a few times a second.
- When done, `ui={"likeness_compare": (comparison_view(report, folder, pick),), "text": …}`, of Compare checkpoints and
  of Choose checkpoint alike. The panel shows all pictures itself: no preview image of the host's is needed beside it.
- What the user picks by a click goes into the String widget named `pick` of that node, or, where it has none, of every
  Choose checkpoint that its report is wired to: the label of a column, "" for the recommended one. It is saved with the
  workflow, and queueing again uses it.

A picture is `{"small": view, "full": view}` as the host's /view takes them, `full` None where the file does not lie in
the output folder. `view["rows"][r]["pictures"][c]` is of row r and column c, None where there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..host.page import stop_if_cancelled, view_of
from ..host.pictures import view_of_thumbnail
from .budget import fitting

if TYPE_CHECKING:
    from ...trainer.scoring.intervals import Interval, Key
    from ...trainer.scoring.plan.compare_plan import ComparePlan
    from ...trainer.scoring.report.report import Report
    from ...trainer.scoring.scores import Scores

_MOST_ROWS = 200
_PAGE = "report.html"


def comparison_view(report: Report, folder: Path, pick: str = "") -> dict[str, Any]:
    """`folder` is the report's, `pick` the label that the node was told to take. Small pictures are made on the way;
    Cancelled when the user stops."""
    from ...trainer.scoring.report.measure_words import main_names, measured_names
    from ...trainer.scoring.report.words import drawn_with, measured_by

    page = folder / _PAGE
    return {
        "trigger": report.trigger,
        "chosen": report.chosen,
        "tied": list(report.tied),
        "pick": pick,
        "reason": report.reason,
        "measures": [_measure(name) for name in measured_names(report)],
        "main": main_names(report),
        "columns": [_column(scores, report) for scores in report.columns],
        "rows": fitting(_row(report, folder, key) for key in _keys(report.plan)),
        "references": [picture for name in report.references if (picture := _picture(folder, name)) is not None],
        "advice": list(report.advice),
        "notes": list(report.notes),
        "foot": [line for line in (drawn_with(report), measured_by(report)) if line],
        "page": view_of(page) if page.is_file() else None,
    }


class LiveGrid:
    """Pictures of a comparison as they come: those that stand for all, the rest only counted."""

    def __init__(self, plan: ComparePlan, labels: Sequence[str], folder: Path) -> None:
        """`labels` are the columns', the control's first, `folder` that of the report."""
        from ...trainer.scoring.report.words import main_rows

        self._folder = folder
        self._labels = list(labels)
        self._keys = main_rows(plan)
        self._prompts = [plan.probes[probe].prompt for probe, _ in self._keys]
        self._cells: dict[tuple[str, Key], dict[str, str]] = {}

    def add(self, label: str, key: Key, path: str) -> None:
        """The picture of a column's prompt and seed lies at `path`, relative to the report."""
        if key not in self._keys or label not in self._labels:
            return
        picture = _picture(self._folder, path)
        if picture is not None:
            self._cells[label, key] = picture["small"]

    def state(self) -> dict[str, Any]:
        """The whole grid each time, so that a page opened meanwhile shows the same."""
        return {
            "columns": self._labels,
            "rows": [
                {"prompt": prompt, "pictures": [self._cells.get((label, key)) for label in self._labels]}
                for prompt, key in zip(self._prompts, self._keys, strict=True)
            ],
        }


def _measure(name: str) -> dict[str, str]:
    from ...trainer.scoring.report.measure_words import words_of

    words = words_of(name)
    return {"name": name, "title": words.title, "says": words.says, "unit": words.unit, "better": words.better}


def _column(scores: Scores, report: Report) -> dict[str, Any]:
    from ...trainer.scoring.report.words import detail, tone, verdict

    return {
        "label": scores.label,
        "detail": detail(scores, report),
        "tone": tone(scores, report),
        "verdict": verdict(scores, report),
        "lora": scores.lora,
        "against": [*(flag.sentence for flag in scores.flags), *scores.cautions],
        "measures": {name: _interval(measured) for name, measured in scores.measures.items()},
    }


def _interval(measured: Interval | None) -> list[float] | None:
    """Value, low and high."""
    return None if measured is None else [round(each, 4) for each in (measured.value, measured.low, measured.high)]


def _keys(plan: ComparePlan) -> list[Key]:
    """Rows that stand for all first, then the others."""
    from ...trainer.scoring.report.words import all_rows, main_rows

    return list(dict.fromkeys([*main_rows(plan), *all_rows(plan)]))[:_MOST_ROWS]


def _row(report: Report, folder: Path, key: Key) -> dict[str, Any]:
    from ...trainer.scoring.report.words import KINDS, main_rows

    stop_if_cancelled()
    probe = report.plan.probes[key[0]]
    return {
        "kind": KINDS.get(probe.kind, probe.kind),
        "prompt": probe.prompt,
        "seed": key[1],
        "main": key in main_rows(report.plan),
        "pictures": [_cell(scores, folder, key) for scores in report.columns],
    }


def _cell(scores: Scores, folder: Path, key: Key) -> dict[str, Any] | None:
    found = next((picture for picture in scores.pictures if picture.key == key), None)
    shown: Mapping[str, Any] | None = _picture(folder, found.path) if found else None
    if found is None or shown is None:
        return None
    identity = None if found.identity is None else round(found.identity, 3)
    return {**shown, "identity": identity, "missed": [slot for slot, hit in found.followed.items() if not hit]}


def _picture(folder: Path, name: str) -> dict[str, Any] | None:
    from ...trainer.scoring.report.pictures import picture_file

    path = picture_file(folder, name)
    small = path and view_of_thumbnail(path)
    return {"small": small, "full": view_of(path)} if path and small else None
