"""One past run opened in the page's sidebar, two held side by side, and what is needed to go on with one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...trainer.errors import LikenessError, few, shortened
from ..host.compute import device
from ..host.folders import run_folder
from ..host.page import view_of
from ..host.routes import serve
from .kept_workflow import has_workflow, workflow_of
from .past_runs import told_run
from .plan_view import plan_view

if TYPE_CHECKING:
    from ...trainer.training.run.past_run import PastRun

_MOST_ROWS = 200
_MOST_LETTERS = 2000
Row = tuple[str, ...]


def serve_opened_runs() -> None:
    """Let the page open a run, compare two, plan one again, and go on with one."""
    serve("/likeness/runs/one", _told(lambda query: opened_run(query.get("name", ""))))
    serve("/likeness/runs/plan", _told(lambda query: planned_again(query.get("name", ""))))
    serve("/likeness/runs/diff", _told(lambda query: two_runs(query.get("first", ""), query.get("second", ""))))
    serve("/likeness/runs/go_on", _told(lambda query: way_on(query.get("name", ""))))


def opened_run(name: str) -> dict[str, Any]:
    """Its row of the list, what it was made of and what it was set to where that is not the default, and the picture of
    its newest comparison."""
    from ...trainer.training.run.past_run import read_past_run

    folder = run_folder(name)
    run = read_past_run(folder)
    return {
        "run": told_run(name),
        "made_of": _bounded(_made_of(run)),
        "settings": _bounded(_own_settings(run)),
        "report": _report_view(folder),
    }


def planned_again(name: str) -> dict[str, Any]:
    """The plan of the run as arithmetic tells it, for the plan's panel; why there is none, where its files are gone."""
    from ...trainer.planning.plan import plan_run
    from ...trainer.planning.words import plan_json, plan_lines
    from ...trainer.runtime.work import follow
    from ...trainer.training.job import Job
    from ...trainer.training.run.past_run import read_past_run

    folder = run_folder(name)
    run = read_past_run(folder)
    gone = [path.name for path in run.base.files.values() if not path.exists()]
    if gone:
        return {"fault": f"The base's files are gone, so it cannot be planned: {few(gone)}."}
    job = Job(recipe=run.recipe, dataset=run.dataset, base=run.base, run=folder, name=name, device=device())
    plan = follow(plan_run(job, measures=False))
    return {"plan": plan_view(plan_lines(plan), plan_json(plan))}


def two_runs(first: str, second: str) -> dict[str, Any]:
    """What differs between two runs: rows of name, first and second, part by part; what is the same has no rows."""
    from ...trainer.training.run.diff import Changed, diff_folders
    from ...trainer.training.run.diff_words import result_rows, shown

    diff = diff_folders(run_folder(first), run_folder(second))

    def rows(changed: tuple[Changed, ...]) -> list[Row]:
        return _bounded((each.name, shown(each.first), shown(each.second)) for each in changed)

    pictures = [
        *((name, "in it", "–") for name in diff.dataset.only_first),
        *((name, "–", "in it") for name in diff.dataset.only_second),
    ]
    return {
        "names": list(diff.names),
        "same_settings": diff.same_settings,
        "same_pictures": diff.dataset.in_both,
        "parts": [
            ["Result", _bounded(result_rows(diff))],
            ["Settings", rows(diff.settings)],
            ["Base", rows(diff.base)],
            ["Pictures", [*_bounded(pictures), *rows(diff.dataset.changed)]],
        ],
        "note": "Likeness was read by two readers and does not compare." if diff.is_on_two_scales else "",
    }


def way_on(name: str) -> dict[str, Any]:
    """The workflow that the run was trained by; without one its recipe, to put into a graph, and what else it needs."""
    from ...trainer.training.run.past_run import read_past_run

    folder = run_folder(name)
    if has_workflow(folder):
        return {"name": name, "workflow": workflow_of(folder)}
    run = read_past_run(folder)
    return {
        "name": name,
        "recipe": json.dumps(run.recipe.to_json(), indent=2, ensure_ascii=False),
        "base": run.base.name,
        "pictures": len(run.dataset.train),
        "trigger": run.dataset.trigger,
    }


def _told(answer: Any) -> Any:
    def told(query: Mapping[str, str]) -> dict[str, Any]:
        try:
            return answer(query)
        except LikenessError as fault:
            return {"fault": shortened(str(fault), _MOST_LETTERS)}

    return told


def _made_of(run: PastRun) -> Iterator[Row]:
    from ...trainer.families.registry import spec_of
    from ...trainer.training.run.diff_words import figure_rows

    held = len(run.dataset.held_out)
    yield "Base", f"{run.base.name} ({spec_of(run.base).title})"
    yield "Trigger", " ".join(filter(None, (run.dataset.trigger, f"({run.dataset.subject})")))
    yield "Pictures", f"{len(run.dataset.train)}" + (f", {held} more held out" if held else "")
    yield from figure_rows(run.result)


def _own_settings(run: PastRun) -> Iterator[Row]:
    from ...trainer.recipe.recipe import Recipe
    from ...trainer.training.run.diff import settings_of
    from ...trainer.training.run.diff_words import shown

    usual = dict(settings_of(Recipe()))
    return ((name, shown(value)) for name, value in settings_of(run.recipe) if value != usual[name])


def _report_view(folder: Path) -> dict[str, str] | None:
    reports = sorted(folder.glob("report*/report.png"), key=lambda path: path.stat().st_mtime)
    return view_of(reports[-1]) if reports else None


def _bounded(rows: Any) -> list[Row]:
    """As many as a sidebar can show, none of them endless."""
    kept = [tuple(shortened(str(cell), _MOST_LETTERS) for cell in row) for row in rows]
    more = len(kept) - _MOST_ROWS
    return [*kept[:_MOST_ROWS], *([(f"and {more} more", "", "")] if more > 0 else [])]
