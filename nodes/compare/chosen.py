"""Which column of a comparison is taken, why, and its file among the host's LoRAs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...trainer.errors import RunError, few
from ..host.lora_files import PublishedLora, publish_lora

if TYPE_CHECKING:
    from ...trainer.scoring.choice.choose import Choice
    from ...trainer.scoring.report.manager_info import Example
    from ...trainer.scoring.report.report import Report
    from ...trainer.scoring.scores import Scores
    from ...trainer.training.run.folder import RunFolder
    from ..sockets import Comparison

_EVEN = 0.5
_PICTURES = "pictures"


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """`report` with this choice in it; `label` of the column that is taken and its `path`, None where none passes.

    `strength` is the recommended one. `scores` are None for a checkpoint of the run that was not compared.
    """

    report: Report
    why: str
    label: str | None = None
    path: Path | None = None
    step: int | None = None
    strength: float = 1.0
    scores: Scores | None = None
    by: str = "measurement"


def chosen_of(comparison: Comparison, *, pick: str, step: int, preference: float) -> Chosen:
    """The column that was picked, else the checkpoint of the step, else the recommended one at this `preference`.

    RunError for a name or a step that there is none of, and where the file is gone.
    """
    report = comparison.report
    if pick:
        return _picked(comparison, pick, preference)
    if step:
        return _at_step(comparison, step, preference)
    choice = _weighed(report, preference)
    weighed = replace(report, chosen=choice.label, tied=choice.tied, reason=choice.reason)
    if weighed.choice is None:
        return Chosen(report=weighed, why=choice.reason)
    return _taken(comparison, weighed, weighed.choice, choice.reason, choice.strength)


def labels_of(report: Report) -> str:
    """The columns there are to choose from."""
    return few([scores.label for scores in report.checkpoints], 20)


def _weighed(report: Report, preference: float) -> Choice:
    """As the report has it, else chosen anew from what was measured."""
    from ...trainer.scoring.choice.by_hand import choose_again

    choice = choose_again(report, preference)
    if preference != _EVEN or choice.label == report.chosen:
        return choice
    strength = report.choice.strength if report.choice else 1.0
    return replace(choice, label=report.chosen, reason=report.reason, tied=report.tied, strength=strength)


def _picked(comparison: Comparison, label: str, preference: float) -> Chosen:
    from ...trainer.scoring.choice.by_hand import choose_by_hand

    report = comparison.report
    scores = next((scores for scores in report.checkpoints if scores.label == label), None)
    if scores is None:
        raise RunError(
            f"The comparison has no column {label[:80]!r}; it has {labels_of(report)}. Click one, or empty pick."
        )
    choice = choose_by_hand(report, label, preference)
    return _taken(comparison, report, scores, choice.reason, choice.strength, by="hand")


def _taken(  # noqa: PLR0913
    comparison: Comparison, report: Report, scores: Scores, why: str, strength: float, by: str = "measurement"
) -> Chosen:
    path = _there(comparison.files.get(scores.label), scores.label)
    return Chosen(
        report=report,
        why=why,
        label=scores.label,
        path=path,
        step=scores.step,
        strength=strength,
        scores=scores,
        by=by,
    )


def _there(path: Path | None, label: str) -> Path:
    if path is None or not path.is_file():
        where = f" ({path})" if path else ""
        raise RunError(f"The file of {label} is gone{where}; compare again, or pick another column.")
    return path


def _at_step(comparison: Comparison, step: int, preference: float) -> Chosen:
    """Compared or not, as long as the run has it."""
    report = comparison.report
    compared = [scores for scores in report.checkpoints if scores.step == step]
    at = next((scores for scores in compared if scores.strength == report.plan.strength), next(iter(compared), None))
    if at is not None:
        return _picked(comparison, at.label, preference)
    folder = _run_of(comparison)
    run = {each.step: each for each in folder.checkpoints()} if folder else {}
    if step not in run:
        known = {*run, *(scores.step for scores in report.checkpoints if scores.step is not None)}
        has = few([str(each) for each in sorted(known)], 20) or "none whose file tells a step"
        raise RunError(f"{_whose(comparison)} has no checkpoint at step {step}; it has {has}.")
    label, path = run[step].label, run[step].path
    why = f"{label} was chosen by hand. It was not compared."
    there = _there(path, label)
    return Chosen(report=report, why=why, label=label, path=there, step=step, strength=report.plan.strength, by="hand")


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
    card = _card(comparison, chosen, name, f"{name}.png" if shown else "")
    return publish_lora(chosen.path, name, shown, own, _metadata(chosen), card, _examples(comparison, chosen))


def _examples(comparison: Comparison, chosen: Chosen) -> list[Example]:
    """Pictures of the comparison that name the trigger, the likest of each prompt, with how they were drawn."""
    from ...trainer.scoring.report.manager_info import Example

    plan = chosen.report.plan
    pictures = [
        each for each in (chosen.scores.pictures if chosen.scores else ()) if each.kind in ("trigger", "prompt")
    ]
    likest = {each.probe: each for each in sorted(pictures, key=lambda each: each.identity or 0.0)}
    return [
        Example(
            picture=comparison.folder / each.path,
            prompt=plan.probes[probe].prompt,
            seed=each.seed,
            steps=plan.steps,
            guidance=plan.guidance,
            size=plan.size,
        )
        for probe, each in sorted(likest.items())
    ]


def _picture_of(comparison: Comparison, chosen: Chosen) -> Path | None:
    """The likest of those that name the trigger alone."""
    pictures = [each for each in (chosen.scores.pictures if chosen.scores else ()) if each.kind == "trigger"]
    paths = [comparison.folder / each.path for each in sorted(pictures, key=lambda each: -(each.identity or 0.0))]
    return next((path for path in paths if path.is_file()), None)


def _metadata(chosen: Chosen) -> dict[str, str]:
    """What was chosen and why, in numbers: places on this machine are left out."""
    from ...trainer.scoring.choice.choose import Choice
    from ...trainer.scoring.choice.chosen_file import choice_metadata

    choice = Choice(
        label=chosen.label,
        reason=chosen.why,
        tied=chosen.report.tied,
        strength=chosen.strength,
        by_hand=chosen.by == "hand",
    )
    return choice_metadata(chosen.report, choice, chosen.step)


def _card(comparison: Comparison, chosen: Chosen, name: str, picture: str) -> str:
    from ...trainer.scoring.report.model_card import CardSubject, model_card

    run = comparison.run
    subject = CardSubject(
        name=name,
        label=chosen.label or "",
        strength=chosen.strength,
        picture=picture,
        dataset=run and run.dataset,
        recipe=run and run.recipe,
        base=run and run.base,
    )
    return model_card(chosen.report, subject)
