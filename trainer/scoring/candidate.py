"""What is compared: LoRA files, each at one strength, as the columns of a comparison."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..training.run.folder import Checkpoint


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A LoRA file at a strength. `label` names its column everywhere and is unique in a comparison.

    `step` is None where neither name nor metadata tell one, `seed` the training seed where several runs are compared,
    `run` the folder of the run that it comes from, None for anybody's file.
    """

    label: str
    path: Path
    step: int | None = None
    seed: int | None = None
    run: Path | None = None
    strength: float = 1.0

    @property
    def order(self) -> tuple[int, int, str, float]:
        """Earliest first; files that tell no step come last, by name."""
        return (self.step is None, self.step or 0, self.label, self.strength)


def candidates_of_run(checkpoints: Sequence[Checkpoint], strength: float = 1.0) -> tuple[Candidate, ...]:
    """A run's checkpoints, by step."""
    made = [
        Candidate(label=each.label, path=each.path, step=each.step, run=each.path.parent.parent, strength=strength)
        for each in checkpoints
    ]
    return tuple(sorted(made, key=lambda each: each.order))
