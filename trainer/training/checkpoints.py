"""A run's checkpoints: when one is due, what it holds, and which are removed again."""

import math
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from ..families.family import Family
from ..lora.health import check_lora
from ..lora.metadata import describe_lora
from ..lora.save import DTYPES, save_lora
from .job import Job
from .run.events import Saved
from .run.folder import RunFolder
from .run.state import save_state
from .run.thumbnail import thumbnail
from .step.train_step import TrainStep


class Checkpoints:
    """Of what `train_step` has learned, with the state to resume from beside the last."""

    def __init__(self, job: Job, run: RunFolder, family: Family, train_step: TrainStep) -> None:
        self._job, self._run, self._family, self._train_step = job, run, family, train_step

    def save(self, step: int, seen: Mapping[str, Tensor]) -> Saved:
        """A checkpoint of `step`, and the state with what watchers have `seen`; RunError when either cannot be
        written."""
        job, run = self._job, self._run
        path = run.checkpoint(job.name, step)
        metadata = describe_lora(job.name, step, job.recipe, job.dataset, job.base, job.regularisation)
        sample = run.sample_at(step)
        if sample is not None:
            metadata["modelspec.thumbnail"] = thumbnail(sample)
        with run.writing():
            with self._train_step.optimizer.eval_weights():
                self.write_lora(path, {**metadata, **self._family.metadata()})
            save_state(run.state, step, {**self._train_step.tensors(), **seen})
        return Saved(step=step, path=path, health=" ".join(check_lora(path).faults))

    def write_lora(self, path: Path, metadata: Mapping[str, str]) -> None:
        """The weights as they are now."""
        save_lora(path, self._train_step.adapter, self._family, metadata, DTYPES[self._job.recipe.output.precision])

    def is_scheduled(self, step: int, end: int) -> bool:
        """Whether a run that ends at `end` saves at `step`."""
        return step == end or step % self._job.recipe.output.save_every == 0

    def remove_stopgaps(self, step: int, end: int) -> None:
        """A cancelled run's checkpoint between saves goes once a scheduled one stands: resumed equals uninterrupted."""
        for checkpoint in self._run.checkpoints():
            if checkpoint.step < step and not self.is_scheduled(checkpoint.step, end):
                checkpoint.path.unlink(missing_ok=True)

    def remove_old(self, step: int) -> None:
        """All but the last few and the one whose samples are most like the character, where the recipe says so."""
        last = self._job.recipe.output.keep_last
        if not last:
            return
        likeness = self._run.likeness()
        checkpoints = [checkpoint for checkpoint in self._run.checkpoints() if checkpoint.step <= step]
        best = max(checkpoints, key=lambda each: likeness.get(each.step, -math.inf), default=None)
        for checkpoint in checkpoints[:-last]:
            if checkpoint != best or not likeness:
                checkpoint.path.unlink(missing_ok=True)
