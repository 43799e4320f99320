"""The outcome of balancing as one frozen value."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ...errors import RunError
from ...storage.values import checked_keys
from ..plan.compare_plan import ComparePlan
from ..scores import Scores
from .grid import BalanceGrid, Pair
from .pick import Pick


@dataclass(frozen=True, kw_only=True, repr=False)
class Balance:
    """Scores of every pair, the one to use and why.

    `control` is drawn with neither. `lora` is the file's label, `title` what is beside it. `reference` is the identity
    that real pictures reach, `readers` who measured, `base` and `precision` what drew. `references` are a few real
    pictures, relative to the folder. `key` names everything that it was made from.
    """

    trigger: str
    lora: str
    title: str
    plan: ComparePlan
    grid: BalanceGrid
    control: Scores
    cells: Mapping[Pair, Scores]
    reference: float | None
    pick: Pick
    notes: tuple[str, ...]
    readers: Mapping[str, str]
    key: str
    base: str = ""
    precision: str = ""
    references: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"balance of {self.lora} and {self.title} for {self.trigger}"

    @property
    def columns(self) -> tuple[Scores, ...]:
        return (self.control, *self.cells.values())

    @property
    def lines(self) -> tuple[str, ...]:
        """The pick, its reason, and what limits it."""
        return (self.pick.reason, *self.pick.warnings, *self.notes)

    def to_json(self) -> dict[str, Any]:
        return {
            "trigger": self.trigger,
            "lora": self.lora,
            "title": self.title,
            "plan": self.plan.to_json(),
            "grid": {name: list(values) for name, values in asdict(self.grid).items()},
            "control": self.control.to_json(),
            "cells": [{"pair": list(pair), "scores": scores.to_json()} for pair, scores in self.cells.items()],
            "reference": self.reference,
            "pick": {
                **asdict(self.pick),
                "pair": self.pick.pair and list(self.pick.pair),
                "tied": [list(pair) for pair in self.pick.tied],
                "warnings": list(self.pick.warnings),
            },
            "notes": list(self.notes),
            "readers": dict(self.readers),
            "key": self.key,
            "base": self.base,
            "precision": self.precision,
            "references": list(self.references),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Balance":
        """Raises RunError naming every key it does not know or lacks."""
        known = checked_keys(cls, data, RunError)
        known["plan"] = ComparePlan.from_json(known["plan"])
        known["grid"] = BalanceGrid(**{name: tuple(values) for name, values in known["grid"].items()})
        known["control"] = Scores.from_json(known["control"])
        known["cells"] = {_pair(row["pair"]): Scores.from_json(row["scores"]) for row in known["cells"]}
        told = checked_keys(Pick, known["pick"], RunError)
        known["pick"] = Pick(
            pair=told["pair"] and _pair(told["pair"]),
            reason=told["reason"],
            tied=tuple(_pair(each) for each in told["tied"]),
            warnings=tuple(told["warnings"]),
        )
        for name in ("notes", "references"):
            known[name] = tuple(known[name])
        return cls(**known)


def _pair(values: list[float]) -> Pair:
    strength, weight = values
    return strength, weight
