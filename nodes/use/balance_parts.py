"""What is balanced, from the wires of the node: which file, of whom, on which base, beside what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...trainer.errors import RecipeError, RunError, shortened
from .balance_inputs import FULL, OWN

if TYPE_CHECKING:
    from ...trainer.dataset.dataset import Dataset
    from ...trainer.scoring.balance.grid import BalanceGrid
    from ...trainer.scoring.plan.candidate import Candidate
    from ..host.models import Models
    from ..sockets import ChosenLora, Comparison

_NOTHING = "There is no LoRA to balance: wire the report of Compare checkpoints, or a lora from Choose checkpoint."


@dataclass(frozen=True, kw_only=True)
class Wired:
    """Report and LoRA, one of them at least. RunError without either."""

    report: Comparison | None
    lora: ChosenLora | None

    def __post_init__(self) -> None:
        if self.report is None and self.lora is None:
            raise RunError(_NOTHING)

    def candidate(self) -> Candidate:
        """The LoRA that is wired, else the report's choice. RunError where none passed or the file is gone."""
        from ...trainer.scoring.plan.candidate import Candidate

        if self.lora is not None:
            return Candidate(label=self.lora.path.stem, path=self.lora.path)
        assert self.report is not None
        chosen = self.report.report.choice
        if chosen is None:
            raise RunError(
                "No checkpoint of the comparison passed, so there is none to balance. Take one by hand in Choose "
                "checkpoint and wire its lora."
            )
        path = self.report.files.get(chosen.label)
        if path is None or not path.exists():
            raise RunError(f"The file of {chosen.label} is gone; compare again, or wire a lora.")
        return Candidate(label=chosen.label, path=path, step=chosen.step, seed=chosen.seed)

    def dataset(self, references: Dataset | None) -> Dataset:
        """Whom the pictures are to be like, and what was trained on, as far as the report knows."""
        if self.report is not None:
            known = self.report.dataset
            return known if references is None else known.known_by(references.samples)
        if references is None:
            raise RunError(
                "A LoRA alone tells not whom it is of: wire a dataset of the character into references, with the "
                "trigger that it was trained with, or the report of Compare checkpoints."
            )
        return references

    def models(self, model: Any, clip: Any, vae: Any) -> Models:
        """What is wired, else the base of the LoRA that is balanced."""
        from ..host.models import WiredBase, wired_base

        wired = wired_base(model, clip, vae)
        if wired is not None:
            return WiredBase(wired)
        source = self.lora or self.report
        assert source is not None
        return source.models


def grid_of(choice: str, strengths: str, weights: str) -> BalanceGrid:
    """RecipeError names numbers that cannot be read, or cannot be drawn."""
    from ...trainer.scoring.balance.grid import BalanceGrid

    if choice == OWN:
        return BalanceGrid(_numbers("strengths", strengths), _numbers("weights", weights))
    return BalanceGrid() if choice == FULL else BalanceGrid.quick()


def _numbers(name: str, text: str) -> tuple[float, ...]:
    parts = [part for part in re.split(r"[,;\s]+", text.strip()) if part]
    try:
        return tuple(float(part) for part in parts)
    except ValueError as fault:
        raise RecipeError(f"{name} is {shortened(text)!r}; write numbers like 0, 0.5, 0.7.") from fault
