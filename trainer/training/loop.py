"""A run under way: how far it is, what it leaves on disk and when."""

import math
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path

import torch
from PIL import Image

from ..errors import Cancelled, ModelError
from ..families.family import Family
from ..generate.attachments import Lora
from ..generate.sampler import Sampler
from ..generate.shot import Shot
from ..images.picture_file import write_picture
from ..lora.assistant import Assistant
from ..lora.health import check_lora
from ..lora.metadata import describe_lora
from ..lora.save import DTYPES, save_lora
from ..runtime.work import Pace, Stopwatch
from .job import Job, sample_shots
from .plateau import PlateauWatch
from .run.events import Event, Finished, HeldOut, Sampled, Saved, Stepped, StoppedEarly, read_events
from .run.folder import RunFolder
from .run.state import load_state, save_state
from .run.thumbnail import thumbnail
from .step.train_step import TrainStep

_TIMED_STEPS = 20


class TrainingLoop:
    """A run under way: the train_step, and how far it and its files are."""

    def __init__(self, job: Job, run: RunFolder, family: Family, train_step: TrainStep, assistant: Assistant) -> None:
        self._job, self._run, self._family, self._train_step = job, run, family, train_step
        self._assistant = assistant
        self._steps = self._end = job.recipe.schedule.steps
        self._watch = PlateauWatch(job)
        self._step = 0
        self._saved = 0
        self._is_whole = True
        self._pace = Pace(window=_TIMED_STEPS)

    def events(self, cancelled: Callable[[], bool]) -> Generator[Event, None, Finished]:
        self._resume()
        yield from self._due(already=self._run.logged(self._step))
        while self._step < self._end:
            if cancelled():
                yield from self._stop()
            yield self._record(self._update())
            yield from self._due(already=frozenset())
        finished = Finished(checkpoints=self._run.paths(), answered=False)
        yield self._record(finished)
        return finished

    def save_if_whole(self) -> None:
        """Save what was learned since the last save, unless an update was cut in the middle."""
        if self._is_whole and self._step > self._saved:
            self._save()

    def _resume(self) -> None:
        state = load_state(self._run.state)
        if state is not None:
            self._step, tensors = state
            self._train_step.restore(tensors, self._step)
        self._saved = self._step
        self._run.rewind_log(self._step if state is not None else -1)

    def _update(self) -> Stepped:
        self._is_whole = False
        watch = Stopwatch()
        loss, lr = self._train_step.update(self._step)
        self._pace.add(watch.read())
        self._step += 1
        self._is_whole = True
        each = self._pace.each or 0.0
        left = each * (self._steps - self._step)
        return Stepped(step=self._step, steps=self._steps, loss=loss, lr=lr, seconds_per_step=each, seconds_left=left)

    def _due(self, already: frozenset[type[Event]]) -> Iterator[Event]:
        """What this step calls for besides the update. Saving comes last: a saved step is wholly done."""
        yield from self._hold_out(already)
        output = self._job.recipe.output
        is_sampled = output.sample_every and (self._is_last or self._step % output.sample_every == 0)
        if is_sampled and output.samples:
            if Sampled not in already:
                yield self._record(self._sample())
            yield from self._watched()
        if Saved not in already and self._step and self._is_scheduled(self._step):
            saved = self._save()
            self._remove_stopgaps()
            yield self._record(saved)
            self._remove_old()

    @property
    def _is_last(self) -> bool:
        return self._step == self._end

    def _hold_out(self, already: frozenset[type[Event]]) -> Iterator[Event]:
        is_due = self._is_last or self._step % self._job.recipe.output.held_out_every == 0
        losses = self._train_step.held_out_loss() if is_due and HeldOut not in already else None
        if losses is not None:
            yield self._record(HeldOut(step=self._step, held_out=losses[0], train=losses[1]))

    def _watched(self) -> Iterator[Event]:
        """Ends the run where its samples no longer grow more like the character; a log may tell so already."""
        if not self._job.recipe.early_stop.patience:
            return
        log = read_events(self._run.log)
        if unwatched := self._watch.unwatched(self._step, log):
            yield self._record(unwatched)
        is_told = any(isinstance(event, StoppedEarly) for event in log)
        stop = None if is_told else self._watch.stop(self._step, log)
        if stop:
            yield self._record(stop)
        if stop or is_told:
            self._end = self._step
            yield from self._hold_out(self._run.logged(self._step))

    def _stop(self) -> Iterator[Event]:
        if self._step > self._saved:
            yield self._save()
        kept, again = "nothing learned yet", "begin anew"
        if self._step:
            kept, again = f"saved as {self._run.checkpoint(self._job.name, self._step).name}", "go on"
        raise Cancelled(f"Stopped at step {self._step} of {self._steps}, {kept}. Start the run again to {again}.")

    def _save(self) -> Saved:
        job = self._job
        path = self._run.checkpoint(job.name, self._step)
        metadata = describe_lora(job.name, self._step, job.recipe, job.dataset, job.base, job.regularisation)
        sample = self._run.sample_at(self._step)
        if sample is not None:
            metadata["modelspec.thumbnail"] = thumbnail(sample)
        with self._run.writing():
            with self._train_step.optimizer.eval_weights():
                self._write_lora(path, {**metadata, **self._family.metadata()})
            save_state(self._run.state, self._step, self._train_step.tensors())
        self._saved = self._step
        return Saved(step=self._step, path=path, health=" ".join(check_lora(path).faults))

    def _sample(self) -> Sampled:
        shots = sample_shots(self._job.recipe, self._job.dataset, self._family.spec)
        paths = [self._run.samples / f"step{self._step:06d}_{number}.png" for number in range(len(shots))]
        images: list[Image.Image] = []
        try:
            with self._run.writing(), self._train_step.optimizer.eval_weights():
                for path, image in zip(paths, self._draw(shots), strict=True):
                    write_picture(path, image)
                    images.append(image)
        except (ModelError, torch.OutOfMemoryError) as fault:
            why = "out of memory; draw fewer or smaller samples" if isinstance(fault, torch.OutOfMemoryError) else fault
            return Sampled(step=self._step, paths=(), skipped=f"Samples of step {self._step} were left out: {why}")
        likeness, reader = self._likeness(shots, images), getattr(self._job.likeness, "name", "")
        return Sampled(step=self._step, paths=tuple(paths), likeness=likeness, reader=reader)

    def _likeness(self, shots: Sequence[Shot], images: Sequence[Image.Image]) -> tuple[float | None, ...]:
        """Of the pictures that are to show the character; one whose prompt leaves the trigger out is to show others."""
        if self._job.likeness is None:
            return (None,) * len(images)
        trigger = self._job.dataset.trigger
        measured = self._job.likeness(images)
        return tuple(value if trigger in shot.prompt else None for shot, value in zip(shots, measured, strict=True))

    def _draw(self, shots: tuple[Shot, ...]) -> Iterator[Image.Image]:
        """The control at step 0 is the bare base; a sampler from outside reads what was learned from a passing file."""
        sampler = self._job.sampler
        if self._job.recipe.text.encoder_lr:
            self._family.forget_captions()
        if sampler is None or not self._step:
            with self._assistant.drawing():
                yield from (sampler or Sampler(self._family)).generate(shots)
            return
        passing = self._run.samples / f".{self._job.name}_step{self._step:06d}.safetensors"
        try:
            self._write_lora(passing, {})
            lora = Lora(path=passing)
            yield from sampler.generate([shot.with_lora(lora) for shot in shots])
        finally:
            passing.unlink(missing_ok=True)

    def _write_lora(self, path: Path, metadata: dict[str, str]) -> None:
        dtype = DTYPES[self._job.recipe.output.precision]
        save_lora(path, self._train_step.adapter, self._family, metadata, dtype)

    def _is_scheduled(self, step: int) -> bool:
        return step == self._end or step % self._job.recipe.output.save_every == 0

    def _remove_stopgaps(self) -> None:
        """A cancelled run's checkpoint between saves goes once a scheduled one stands: resumed equals uninterrupted."""
        for checkpoint in self._run.checkpoints():
            if checkpoint.step < self._step and not self._is_scheduled(checkpoint.step):
                checkpoint.path.unlink(missing_ok=True)

    def _remove_old(self) -> None:
        """All but the last few and the one whose samples are most like the character, where the recipe says so."""
        last = self._job.recipe.output.keep_last
        if not last:
            return
        likeness = self._run.likeness()
        checkpoints = [checkpoint for checkpoint in self._run.checkpoints() if checkpoint.step <= self._step]
        best = max(checkpoints, key=lambda each: likeness.get(each.step, -math.inf), default=None)
        for checkpoint in checkpoints[:-last]:
            if checkpoint != best or not likeness:
                checkpoint.path.unlink(missing_ok=True)

    def _record(self, event: Event) -> Event:
        self._run.record(event)
        return event
