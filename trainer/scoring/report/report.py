"""The outcome of a comparison as one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import RunError
from ...storage.values import checked_keys
from ..plan import ComparePlan
from ..scores import Scores


@dataclass(frozen=True, kw_only=True, repr=False)
class Report:
    """Scores of control and checkpoints (by step), the choice and why, advice for the next run.

    `reference` is the cosine real pictures reach on the face reader's scale. `readers` names who measured: "faces" and
    "attributes", "" when there was none. `key` names everything the report was made from.
    """

    trigger: str
    plan: ComparePlan
    control: Scores
    checkpoints: tuple[Scores, ...]
    reference: float | None
    chosen: int | None
    tied: tuple[int, ...]
    reason: str
    advice: tuple[str, ...]
    notes: tuple[str, ...]
    readers: Mapping[str, str]
    key: str

    def __repr__(self) -> str:
        return f"report on {len(self.checkpoints)} checkpoints of {self.trigger}"

    @property
    def choice(self) -> Scores | None:
        """Scores of the chosen checkpoint."""
        return next((scores for scores in self.checkpoints if scores.step == self.chosen), None)

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
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Report":
        """Raises RunError naming every key it does not know or lacks."""
        known = checked_keys(cls, data, RunError)
        known["plan"] = ComparePlan.from_json(known["plan"])
        known["control"] = Scores.from_json(known["control"])
        known["checkpoints"] = tuple(Scores.from_json(row) for row in known["checkpoints"])
        for name in ("tied", "advice", "notes"):
            known[name] = tuple(known[name])
        return cls(**known)
