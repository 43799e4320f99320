"""The outcome of a comparison as one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import RunError
from ...storage.values import checked_keys
from ..plan.compare_plan import ComparePlan
from ..scores import Scores


@dataclass(frozen=True, kw_only=True, repr=False)
class Report:
    """Scores of control and checkpoints (earliest first), the choice and why, advice for the next run.

    `chosen` and `tied` are labels of columns. `base` says what drew: its name, and the precision of its weights.
    `reference` is the cosine real pictures reach on the face reader's scale. `readers` names who measured: "faces" and
    "attributes", "" when there was none. `key` names everything the report was made from. `references` are a few real
    pictures of the character that were not trained on, relative to the report's folder. `strength` is the one to use
    the chosen LoRA at, None without a choice and in old reports.
    """

    trigger: str
    plan: ComparePlan
    control: Scores
    checkpoints: tuple[Scores, ...]
    reference: float | None
    chosen: str | None
    tied: tuple[str, ...]
    reason: str
    advice: tuple[str, ...]
    notes: tuple[str, ...]
    readers: Mapping[str, str]
    key: str
    base: str = ""
    precision: str = ""
    references: tuple[str, ...] = ()
    strength: float | None = None

    def __repr__(self) -> str:
        return f"report on {len(self.checkpoints)} checkpoints of {self.trigger}"

    @property
    def choice(self) -> Scores | None:
        """Scores of the chosen checkpoint."""
        return next((scores for scores in self.checkpoints if scores.label == self.chosen), None)

    @property
    def chosen_step(self) -> int | None:
        """The step of the chosen checkpoint; None without a choice, or where its file tells none."""
        return self.choice.step if self.choice else None

    @property
    def columns(self) -> tuple[Scores, ...]:
        return (self.control, *self.checkpoints)

    def to_json(self) -> dict[str, Any]:
        return {
            "trigger": self.trigger,
            "plan": self.plan.to_json(),
            "control": self.control.to_json(),
            "checkpoints": [scores.to_json() for scores in self.checkpoints],
            "reference": self.reference,
            "chosen": self.chosen,
            "tied": list(self.tied),
            "reason": self.reason,
            "advice": list(self.advice),
            "notes": list(self.notes),
            "readers": dict(self.readers),
            "key": self.key,
            "base": self.base,
            "precision": self.precision,
            "references": list(self.references),
            "strength": self.strength,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Report":
        """Raises RunError naming every key it does not know or lacks."""
        known = checked_keys(cls, data, RunError)
        _refuse_other_kinds(known)
        known["plan"] = ComparePlan.from_json(known["plan"])
        known["control"] = Scores.from_json(known["control"])
        known["checkpoints"] = tuple(Scores.from_json(row) for row in known["checkpoints"])
        for name in ("tied", "advice", "notes", "references"):
            known[name] = tuple(known.get(name, ()))
        labels = {scores.step: scores.label for scores in known["checkpoints"]}
        known["chosen"] = _labelled(known["chosen"], labels)
        known["tied"] = tuple(_labelled(each, labels) or str(each) for each in known["tied"])
        return cls(**known)


_LISTS = ("checkpoints", "tied", "advice", "notes", "references")
_OBJECTS = ("plan", "control", "readers")


def _refuse_other_kinds(known: Mapping[str, Any]) -> None:
    wrong = [f"{name} is no list" for name in _LISTS if not isinstance(known.get(name, []), list | tuple)]
    wrong += [f"{name} is no object" for name in _OBJECTS if not isinstance(known[name], Mapping)]
    if wrong:
        raise RunError(f"This is no whole report: {', '.join(wrong)}. Compare again to have it written anew.")


def _labelled(chosen: str | int | None, labels: Mapping[int | None, str]) -> str | None:
    """Reports of one run's checkpoints used to name a choice by its step."""
    return labels.get(chosen) if isinstance(chosen, int) else chosen
