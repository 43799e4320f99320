"""The pictures that a run draws on its way, and how like the character they are."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from PIL import Image

from ..errors import ModelError
from ..families.family import Family
from ..generate.attachments import Lora
from ..generate.sampler import Sampler
from ..generate.shot import Shot
from ..images.picture_file import write_picture
from ..lora.assistant import Assistant
from ..runtime.work import Ask, never
from .checkpoints import Checkpoints
from .job import Job, sample_shots
from .run.events import Sampled
from .run.folder import RunFolder
from .step.train_step import TrainStep


class Samples:
    """Drawn with what `train_step` has learned, by the base in training or by the job's own sampler."""

    def __init__(  # noqa: PLR0913
        self,
        job: Job,
        run: RunFolder,
        family: Family,
        train_step: TrainStep,
        assistant: Assistant,
        checkpoints: Checkpoints,
        cancelled: Ask = never,
    ) -> None:
        self._job, self._run, self._family, self._train_step = job, run, family, train_step
        self._assistant, self._checkpoints, self._cancelled = assistant, checkpoints, cancelled

    def draw(self, step: int) -> Sampled:
        """One picture a prompt, written into the run's folder; what cannot be drawn is told and left out. Raises
        Cancelled between two steps of drawing."""
        shots = sample_shots(self._job.recipe, self._job.dataset, self._family.spec)
        paths = [self._run.samples / f"step{step:06d}_{number}.png" for number in range(len(shots))]
        images: list[Image.Image] = []
        try:
            with self._run.writing(), self._train_step.optimizer.eval_weights():
                for path, image in zip(paths, self._drawn(shots, step), strict=True):
                    write_picture(path, image)
                    images.append(image)
        except (ModelError, torch.OutOfMemoryError) as fault:
            why = "out of memory; draw fewer or smaller samples" if isinstance(fault, torch.OutOfMemoryError) else fault
            return Sampled(step=step, paths=(), skipped=f"Samples of step {step} were left out: {why}")
        likeness, reader = self._likeness(shots, images), getattr(self._job.likeness, "name", "")
        return Sampled(step=step, paths=tuple(paths), likeness=likeness, reader=reader)

    def _likeness(self, shots: Sequence[Shot], images: Sequence[Image.Image]) -> tuple[float | None, ...]:
        """Of the pictures that are to show the character; one whose prompt leaves the trigger out is to show others."""
        if self._job.likeness is None:
            return (None,) * len(images)
        trigger = self._job.dataset.trigger
        measured = self._job.likeness(images)
        return tuple(value if trigger in shot.prompt else None for shot, value in zip(shots, measured, strict=True))

    def _drawn(self, shots: tuple[Shot, ...], step: int) -> Iterator[Image.Image]:
        """The control at step 0 is the bare base; a sampler from outside reads what was learned from a passing file."""
        sampler = self._job.sampler
        if self._job.recipe.text.encoder_lr:
            self._family.forget_captions()
        if sampler is None or not step:
            with self._assistant.drawing():
                yield from (sampler or Sampler(self._family, cancelled=self._cancelled)).generate(shots)
            return
        passing = self._passing(step)
        try:
            self._checkpoints.write_lora(passing, {})
            lora = Lora(path=passing)
            yield from sampler.generate([shot.with_lora(lora) for shot in shots])
        finally:
            passing.unlink(missing_ok=True)

    def _passing(self, step: int) -> Path:
        return self._run.samples / f".{self._job.name}_step{step:06d}.safetensors"
