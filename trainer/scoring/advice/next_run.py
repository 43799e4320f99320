"""What is wrong with a run and the next one that mends it, as one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import RunError
from ...recipe.recipe import Recipe
from ...storage.values import checked_values
from .change import Change, DatasetChange, moves

_NO_CHANGE = "Nothing to change in the recipe."
NOTHING = "Nothing to change: no measure speaks against this run."


@dataclass(frozen=True, kw_only=True)
class RunFinding:
    """One thing that is wrong: `kind` by its row in the table, `why` with the numbers and intervals that tell.

    `sign` is how the guide names it, `todo` what to do in general where nothing particular follows. `changes` are those
    of the recipe that this finding asks for, `dataset` those of the pictures and captions.
    """

    kind: str
    what: str
    why: str
    sign: str
    todo: str = ""
    changes: tuple[Change, ...] = ()
    dataset: tuple[DatasetChange, ...] = ()

    @property
    def sentence(self) -> str:
        """What, why and what to do, for a reader."""
        todo = [change.text for change in self.dataset]
        if self.changes:
            todo.append(f"Set {moves(self.changes)}.")
        return " ".join([f"{self.what}: {self.why}", *(todo or [self.todo])]).strip()

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "what": self.what,
            "why": self.why,
            "sign": self.sign,
            "todo": self.todo,
            "changes": [vars(change) for change in self.changes],
            "dataset": [change.to_json() for change in self.dataset],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "RunFinding":
        """Raises RunError naming every key it does not know or lacks."""
        known = checked_values(cls, data, RunError)
        known["changes"] = tuple(Change.from_json(row) for row in known.get("changes", ()))
        known["dataset"] = tuple(DatasetChange.from_json(row) for row in known.get("dataset", ()))
        return cls(**known)


@dataclass(frozen=True, kw_only=True, repr=False)
class NextRun:
    """Findings, the most probable cause first, and what to do about all of them together.

    `recipe` is the run's with every change in it, ready to train with the changed dataset; None where the run's recipe
    is not known. Without findings it is the run's own.
    """

    findings: tuple[RunFinding, ...] = ()
    recipe: Recipe | None = None
    changes: tuple[Change, ...] = ()
    dataset_changes: tuple[DatasetChange, ...] = ()

    def __repr__(self) -> str:
        return f"advice with {len(self.findings)} findings"

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(finding.kind for finding in self.findings)

    @property
    def sentences(self) -> tuple[str, ...]:
        """One a finding; none where nothing is wrong."""
        return tuple(finding.sentence for finding in self.findings)

    @property
    def text(self) -> str:
        """All of it for a reader, a line a finding and one on the recipe."""
        if not self.findings:
            return NOTHING
        lines = [f"{number}. {sentence}" for number, sentence in enumerate(self.sentences, 1)]
        return "\n".join([*lines, self._recipe_line])

    @property
    def _recipe_line(self) -> str:
        if self.recipe is None:
            return "The run's recipe is not known, so there is none to change."
        if self.changes:
            return f"Next recipe: {moves(self.changes)}."
        return "Nothing to change in the recipe; the dataset is what matters." if self.dataset_changes else _NO_CHANGE

    def to_json(self) -> dict[str, Any]:
        return {
            "findings": [finding.to_json() for finding in self.findings],
            "recipe": self.recipe and self.recipe.to_json(),
            "changes": [vars(change) for change in self.changes],
            "dataset_changes": [change.to_json() for change in self.dataset_changes],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "NextRun":
        """Raises RunError naming every key it does not know or lacks, RecipeError for a recipe that cannot work."""
        known = checked_values(cls, data, RunError)
        known["findings"] = tuple(RunFinding.from_json(row) for row in known.get("findings", ()))
        known["changes"] = tuple(Change.from_json(row) for row in known.get("changes", ()))
        known["dataset_changes"] = tuple(DatasetChange.from_json(row) for row in known.get("dataset_changes", ()))
        if known.get("recipe") is not None:
            known["recipe"] = Recipe.from_json(known["recipe"])
        return cls(**known)
