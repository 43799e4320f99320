"""From a comparison, its dataset and its recipe to the next run."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ...dataset.coverage.coverage import Coverage
from ...dataset.dataset import Dataset
from ...errors import LikenessError, RecipeError
from ...families.base import Base
from ...recipe.recipe import Recipe
from ...storage.values import json_value
from ...training.run.folder import read_run
from ..report.report import Report
from .case import Case
from .change import Change, DatasetChange
from .next_run import NextRun, RunFinding
from .table import TABLE, Row

_ALONG = {
    "output.save_every": "as many as before",
    "output.sample_every": "as many as before",
    "output.held_out_every": "often enough for a curve of the loss",
}
"""Why what only goes along with the length changes."""
_MOST = 4
"""Sentences in a report; the node and `advise_next` have all."""


def advise_next(
    report: Report,
    dataset: Dataset | None = None,
    recipe: Recipe | None = None,
    *,
    family: str = "",
    coverage: Coverage | None = None,
) -> NextRun:
    """What is wrong by the table, the most probable cause first, and the next run that mends it.

    Without dataset and recipe (anybody's files) only what the report shows is told. `family` is the base's, whose
    preset says which rate is usual; `coverage` what the pictures show, measured from their pixels where it is not
    given. Opens training pictures only where backgrounds or angles are in question.
    """
    case = Case(report=report, dataset=dataset, recipe=recipe, family=family, coverage=coverage)
    findings: list[RunFinding] = []
    next_recipe = recipe
    explained: set[str] = set()
    for row in TABLE:
        why = None if row.kind in explained else row.why(case)
        if why is None:
            continue
        explained |= row.explains
        next_recipe, changes = _changed(row, case, next_recipe)
        findings.append(_finding(row, why, changes, _tasks(row, case)))
    return NextRun(
        findings=tuple(findings),
        recipe=next_recipe,
        changes=_changes(recipe, next_recipe, findings),
        dataset_changes=_once(findings),
    )


def advice_of_run(report: Report, run: Path | None) -> tuple[str, ...]:
    """At most four sentences for a report, the most probable cause first, by what the run's folder knows."""
    dataset, recipe, family = _known_of(run)
    return advise_next(report, dataset, recipe, family=family).sentences[:_MOST]


def recipe_of_run(run: Path) -> Recipe | None:
    """The recipe a run was made by; None where none can be read."""
    try:
        return Recipe.from_json(json_value((run / "recipe.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, LikenessError):
        return None


def _known_of(run: Path | None) -> tuple[Dataset | None, Recipe | None, str]:
    if run is None:
        return None, None, ""
    dataset, base = _read(run)
    return dataset, recipe_of_run(run), base.family if base else ""


def _read(run: Path) -> tuple[Dataset | None, Base | None]:
    try:
        return read_run(run)
    except LikenessError:
        return None, None


def _finding(row: Row, why: str, changes: Sequence[Change], tasks: Sequence[DatasetChange]) -> RunFinding:
    return RunFinding(
        kind=row.kind,
        what=row.what,
        why=why,
        sign=row.sign,
        todo=row.todo,
        changes=tuple(changes),
        dataset=tuple(tasks),
    )


def _tasks(row: Row, case: Case) -> list[DatasetChange]:
    asked = [ask(case, source) for ask, source in row.dataset]
    return [task for task in asked if task is not None]


def _changed(row: Row, case: Case, recipe: Recipe | None) -> tuple[Recipe | None, list[Change]]:
    """The recipe with what the row asks for; a change that the recipe's own rules refuse is left out."""
    changes: list[Change] = []
    for step, source in row.recipe if recipe is not None else ():
        try:
            done = None if recipe is None else step(case, recipe)
        except RecipeError:
            continue
        if done is not None and recipe is not None and done[0] != recipe:
            changes += _differences(recipe, done[0], done[1], source)
            recipe = done[0]
    return recipe, changes


def _differences(old: Recipe, new: Recipe, why: str, source: str) -> Iterator[Change]:
    before, after = dict(_settings(old.to_json())), dict(_settings(new.to_json()))
    for setting, value in after.items():
        if before[setting] != value:
            own = _ALONG.get(setting, why) if why else why
            yield Change(setting=setting, old=before[setting], new=value, why=own, source=source)


def _settings(data: dict[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in data.items():
        if isinstance(value, dict):
            yield from _settings(value, f"{within}{name}.")  # type: ignore[reportUnknownArgumentType]
        else:
            yield f"{within}{name}", value


def _changes(old: Recipe | None, new: Recipe | None, findings: Sequence[RunFinding]) -> tuple[Change, ...]:
    """One a setting from the run's recipe to the next one, with the reasons of all that asked for it."""
    if old is None or new is None:
        return ()
    asked = [change for finding in findings for change in finding.changes]
    found: list[Change] = []
    for bare in _differences(old, new, "", ""):
        reasons = [each for each in asked if each.setting == bare.setting]
        why = "; ".join(dict.fromkeys(each.why for each in reasons))
        source = "; ".join(dict.fromkeys(each.source for each in reasons))
        found.append(Change(setting=bare.setting, old=bare.old, new=bare.new, why=why, source=source))
    return tuple(found)


def _once(findings: Sequence[RunFinding]) -> tuple[DatasetChange, ...]:
    """Every task once; of the same one asked for twice, the first."""
    found: dict[tuple[str, tuple[str, ...]], DatasetChange] = {}
    for finding in findings:
        for task in finding.dataset:
            found.setdefault((task.task, task.words), task)
    return tuple(found.values())
