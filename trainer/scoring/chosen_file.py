"""A choice written into the LoRA file itself, where managers and people read it later."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..lora.relabelled import write_relabelled
from ..storage.values import canonical_json
from .choose import Choice
from .report.report import Report
from .scores import Scores

KEY = "likeness_choice"


def choice_metadata(report: Report, choice: Choice) -> dict[str, str]:
    """What the file of the chosen column is to say: ours as JSON, and in the words that others read.

    `modelspec.*` is what A1111, kohya's tools and LoRA managers show: description, trigger, how to use it. Empty where
    nothing was chosen.
    """
    scores = next((each for each in report.checkpoints if each.label == choice.label), None)
    if scores is None:
        return {}
    return {
        KEY: canonical_json(_told(report, choice, scores)),
        "modelspec.description": _description(report, choice, scores),
        "modelspec.trigger_phrase": report.trigger,
        "modelspec.usage_hint": f"Name {report.trigger} in the prompt, at strength {choice.strength:g}.",
    }


def write_chosen(report: Report, choice: Choice, source: Path, target: Path) -> None:
    """Write the LoRA `source` to `target` with the choice in its metadata; its tensors stay byte for byte.

    ModelError when `source` is no whole LoRA file, OSError when the disk refuses.
    """
    write_relabelled(source, target, choice_metadata(report, choice))


def _told(report: Report, choice: Choice, scores: Scores) -> Mapping[str, Any]:
    measures = {name: measured.to_json() for name, measured in scores.measures.items() if measured is not None}
    return {
        "label": scores.label,
        "step": scores.step,
        "seed": scores.seed,
        "strength": choice.strength,
        "by_hand": choice.by_hand,
        "tied": list(choice.tied),
        "reason": choice.reason,
        "measures": measures,
        "likeness": scores.likeness,
        "reference": report.reference,
        "readers": dict(report.readers),
        "base": report.base,
        "precision": report.precision,
        "report": report.key,
    }


def _description(report: Report, choice: Choice, scores: Scores) -> str:
    how = "by hand" if choice.by_hand else "by measurement"
    identity = f", identity {scores.identity} by {report.readers.get('faces', '')}" if scores.identity else ""
    return f"{scores.label}, chosen {how} from {len(report.checkpoints)} compared{identity}. {choice.reason}"
