"""A choice as metadata of the LoRA file itself, where managers and people read it later."""

from collections.abc import Mapping
from typing import Any

from ...storage.values import canonical_json
from ..intervals import Interval
from ..report.report import Report
from ..scores import Scores
from .choose import Choice

KEY = "likeness_choice"


def choice_metadata(report: Report, choice: Choice, step: int | None = None) -> dict[str, str]:
    """What the chosen file is to say: ours as JSON, and in the words that LoRA managers show. Empty without a choice.

    `step` is of a file that a person took without its having been compared. Nothing here touches kohya's ss_* keys,
    which its hashes are made with, nor names a place on this machine.
    """
    if choice.label is None:
        return {}
    scores = next((each for each in report.checkpoints if each.label == choice.label), None)
    return {
        KEY: canonical_json(_told(report, choice, scores, step)),
        "modelspec.description": _description(report, choice, scores),
        "modelspec.trigger_phrase": report.trigger,
        "modelspec.usage_hint": f"Name {report.trigger} in the prompt, at strength {choice.strength:g}.",
    }


def _told(report: Report, choice: Choice, scores: Scores | None, step: int | None) -> Mapping[str, Any]:
    return {
        "label": choice.label,
        "step": scores.step if scores else step,
        "seed": scores.seed if scores else None,
        "strength": choice.strength,
        "by": "hand" if choice.by_hand else "measurement",
        "tied": list(choice.tied),
        "reason": choice.reason,
        "measures": _numbers(scores.measures if scores else {}),
        "control": _numbers(report.control.measures),
        "likeness": scores.likeness if scores else None,
        "reference": report.reference,
        "readers": dict(report.readers),
        "base": report.base,
        "precision": report.precision,
        "report": report.key,
    }


def _numbers(measures: Mapping[str, Interval | None]) -> Mapping[str, Any]:
    return {name: measured.to_json() for name, measured in measures.items() if measured is not None}


def _description(report: Report, choice: Choice, scores: Scores | None) -> str:
    how = "by hand" if choice.by_hand else "by measurement"
    identity = (
        f", identity {scores.identity} by {report.readers.get('faces', '')}" if scores and scores.identity else ""
    )
    return f"{choice.label}, chosen {how} from {len(report.checkpoints)} compared{identity}. {choice.reason}"
