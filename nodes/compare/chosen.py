"""Which column of a comparison is taken, why, and its file among the host's LoRAs."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...trainer.errors import RunError, few
from ..host.lora_files import PublishedLora, publish_lora

if TYPE_CHECKING:
    from ...trainer.scoring.report.report import Report
    from ...trainer.scoring.scores import Scores
    from ...trainer.training.run.folder import RunFolder
    from ..sockets import Comparison

METADATA = "likeness.choice"
_EVEN = 0.5
_PICTURES = "pictures"


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """`report` with this choice in it; `label` of the column that is taken and its `path`, None where none passes.

    `scores` are None for a checkpoint of the run that was not compared.
    """

    report: Report
    why: str
    label: str | None = None
    path: Path | None = None
    step: int | None = None
    scores: Scores | None = None
    by: str = "measurement"

    @property
    def strength(self) -> float:
        """The recommended one: of those that the checkpoint was compared at."""
        return self.scores.strength if self.scores else self.report.plan.strength


def chosen_of(comparison: Comparison, *, pick: str, step: int, preference: float) -> Chosen:
    """The column that was picked, else the checkpoint of the step, else the recommended one at this `preference`.

    RunError for a name or a step that there is none of, and where the file is gone.
    """
    report = _weighed(comparison.report, preference)
    if pick:
        scores = _named(report, pick)
        return _taken(comparison, report, scores, f"{scores.label}, picked by you.", "hand")
    if step:
        return _at_step(comparison, report, step)
    if report.choice is None:
        return Chosen(report=report, why=report.reason)
    return _taken(comparison, report, report.choice, report.reason, "measurement")


def labels_of(report: Report) -> str:
    """The columns there are to choose from."""
    return few([scores.label for scores in report.checkpoints], 20)


def _weighed(report: Report, preference: float) -> Report:
    """Chosen anew from what was measured."""
    from ...trainer.scoring.choose import choose

    if preference == _EVEN:
        return report
    choice = choose(report.control, report.checkpoints, report.reference, preference=preference)
    return replace(report, chosen=choice.label, tied=choice.tied, reason=choice.reason)


def _taken(comparison: Comparison, report: Report, scores: Scores, why: str, by: str) -> Chosen:
    path = _there(comparison.files.get(scores.label), scores.label)
    return Chosen(report=report, label=scores.label, path=path, step=scores.step, scores=scores, why=why, by=by)


def _there(path: Path | None, label: str) -> Path:
    if path is None or not path.is_file():
        where = f" ({path})" if path else ""
        raise RunError(f"The file of {label} is gone{where}; compare again, or pick another column.")
    return path


def _named(report: Report, label: str) -> Scores:
    found = next((scores for scores in report.checkpoints if scores.label == label), None)
    if found is None:
        raise RunError(
            f"The comparison has no column {label[:80]!r}; it has {labels_of(report)}. Click one, or empty pick."
        )
    return found


def _at_step(comparison: Comparison, report: Report, step: int) -> Chosen:
    """Compared or not, as long as the run has it."""
    why = f"Step {step}, chosen by you."
    compared = [scores for scores in report.checkpoints if scores.step == step]
    at = next((scores for scores in compared if scores.strength == report.plan.strength), next(iter(compared), None))
    if at is not None:
        return _taken(comparison, report, at, why, "hand")
    folder = _run_of(comparison)
    run = {each.step: each for each in folder.checkpoints()} if folder else {}
    if step not in run:
        known = {*run, *(scores.step for scores in report.checkpoints if scores.step is not None)}
        has = few([str(each) for each in sorted(known)], 20) or "none whose file tells a step"
        raise RunError(f"{_whose(comparison)} has no checkpoint at step {step}; it has {has}.")
    path = _there(run[step].path, run[step].label)
    return Chosen(report=report, label=run[step].label, path=path, step=step, why=why, by="hand")


def _run_of(comparison: Comparison) -> RunFolder | None:
    from ...trainer.training.run.folder import RunFolder

    return RunFolder(comparison.run.folder) if comparison.run else None


def _whose(comparison: Comparison) -> str:
    return f"The run {comparison.run.name!r}" if comparison.run else "The comparison"


def publish_chosen(comparison: Comparison, chosen: Chosen, name: str) -> PublishedLora:
    """The chosen file as a LoRA of that name, with the choice in its metadata, a picture and a card beside it."""
    assert chosen.path is not None
    run = _run_of(comparison)
    own = [*comparison.files.values(), *(each.path for each in (run.checkpoints() if run else ()))]
    own += [*(comparison.folder / _PICTURES).glob("*.png"), *(run.samples.glob("*.png") if run else ())]
    shown = _picture_of(comparison, chosen)
    if shown is None and run is not None and chosen.step is not None:
        shown = run.sample_at(chosen.step)
    return publish_lora(chosen.path, name, shown, own, _metadata(chosen), _card(comparison, chosen))


def _picture_of(comparison: Comparison, chosen: Chosen) -> Path | None:
    """The likest of those that name the trigger alone."""
    pictures = [each for each in (chosen.scores.pictures if chosen.scores else ()) if each.kind == "trigger"]
    paths = [comparison.folder / each.path for each in sorted(pictures, key=lambda each: -(each.identity or 0.0))]
    return next((path for path in paths if path.is_file()), None)


def _metadata(chosen: Chosen) -> dict[str, str]:
    """What was chosen and why, in numbers: places on this machine are left out."""
    report, measures = chosen.report, chosen.scores.measures if chosen.scores else {}
    told: dict[str, Any] = {
        "label": chosen.label,
        "step": chosen.step,
        "strength": chosen.strength,
        "by": chosen.by,
        "reason": chosen.why,
        "tied": list(report.tied),
        "measures": {name: measured and measured.to_json() for name, measured in measures.items()},
        "control": {name: measured and measured.to_json() for name, measured in report.control.measures.items()},
        "readers": dict(report.readers),
        "base": report.base,
        "precision": report.precision,
    }
    return {METADATA: json.dumps(told, ensure_ascii=False, sort_keys=True)}


def _card(comparison: Comparison, chosen: Chosen) -> str:
    return ""
