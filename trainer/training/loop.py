"""A run under way: how far it is, and what is due when. The first process of several does what is due for all."""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from itertools import islice
from typing import Never

from torch import Tensor

from ..errors import Cancelled, Echo, RunError
from ..runtime.group import ALONE, Group
from ..runtime.work import Pace, Stopwatch
from .checkpoints import Checkpoints
from .job import Job
from .lead import lead
from .plateau import PlateauWatch
from .run.events import Event, Finished, HeldOut, Sampled, Saved, Settled, Stepped, StoppedEarly, read_events
from .run.folder import RunFolder
from .run.state import load_state, packed_state, unpacked_state
from .samples import Samples
from .settle import Settling
from .step.answer import Updated
from .step.train_step import TrainStep
from .watch.watcher import Watchers

_TIMED_STEPS = 20


class TrainingLoop:
    """A run under way: the train_step, and how far it and its files are."""

    def __init__(  # noqa: PLR0913
        self,
        job: Job,
        run: RunFolder,
        train_step: TrainStep,
        checkpoints: Checkpoints,
        samples: Samples,
        watchers: Watchers,
        settling: Settling,
        group: Group = ALONE,
    ) -> None:
        self._job, self._run, self._train_step = job, run, train_step
        self._group, self._is_first = group, group.rank == 0
        self._checkpoints, self._samples, self._watchers = checkpoints, samples, watchers
        self._settling = settling
        self._steps = self._end = job.recipe.schedule.steps
        self._watch = PlateauWatch(job)
        self._step = 0
        self._saved = 0
        self._is_whole = True
        self._is_cut = False
        self._unread: deque[Updated] = deque()
        self._pace = Pace(window=_TIMED_STEPS)

    def events(self, cancelled: Callable[[], bool]) -> Generator[Event, None, Finished]:
        self._resume()
        yield from self._settled()
        yield from self._due(already=self._run.logged(self._step) if self._is_first else frozenset())
        while not self._is_stopped(cancelled):
            if self._is_last:
                finished = Finished(checkpoints=self._run.paths(), answered=False)
                yield self._record(finished)
                return finished
            yield from self._update()
            yield from self._settled()
            yield from map(self._record, self._watchers.tell(self._step))
            yield from self._due(already=frozenset())
        return (yield from self._stop())

    def _is_stopped(self, cancelled: Callable[[], bool]) -> bool:
        """A cancel after the last step comes too late, unless it cut its samples short."""
        return self._group.any(self._is_cut or (not self._is_last and cancelled()))

    def _settled(self) -> Iterator[Event]:
        """How it computes; a resumed run's log says so once more only where it computes otherwise now."""
        for event in self._settling.tell(self._step):
            last = next((each for each in reversed(read_events(self._run.log)) if isinstance(each, Settled)), None)
            is_told = last is not None and replace(last, step=event.step) == event
            yield event if is_told else self._record(event)

    def save_if_whole(self) -> None:
        """Save what was learned since the last save, unless weights were about to change or an update gave no
        numbers."""
        if not (self._is_first and self._is_whole) or self._step <= self._saved:
            return
        try:
            for each in self._read(late=0):
                self._record(self._stepped(*each))
        except RunError:
            return
        self._save()

    def _resume(self) -> None:
        state = self._state()
        if state is not None:
            self._step, tensors = state
            self._watchers.restore(tensors)
            self._train_step.restore(tensors, self._step)
        self._saved = self._step
        if self._is_first:
            self._run.rewind_log(self._step if state is not None else -1)

    def _state(self) -> tuple[int, dict[str, Tensor]] | None:
        """Read by the first process alone: what it wrote may not be seen from another machine yet."""
        if self._group.world == 1:
            return load_state(self._run.state)
        return unpacked_state(lead(self._group, lambda: packed_state(load_state(self._run.state))))

    def _update(self) -> list[Event]:
        """One update, and what is known by then: on a GPU of the one before, unless something is due. All of it is in
        the log before any of it is told."""
        watch = Stopwatch()
        learned = self._train_step.learned(self._step)
        self._is_whole = False
        self._unread.append(self._train_step.apply(learned))
        self._step += 1
        self._is_whole = True
        self._watchers.see()
        read = self._read(late=0 if self._is_due else self._train_step.lag)
        self._pace.add(watch.read())
        return [self._record(self._stepped(*each)) for each in read]

    def _read(self, late: int) -> list[tuple[Updated, float]]:
        """Losses of the updates not read yet but for the `late` newest, which may still be under way."""
        read = [(updated, updated.loss()) for updated in islice(self._unread, len(self._unread) - late)]
        for _ in read:
            self._unread.popleft()
        return read

    def _stepped(self, updated: Updated, loss: float) -> Stepped:
        step, each = updated.step + 1, self._pace.each or 0.0
        left = each * (self._steps - step)
        return Stepped(step=step, steps=self._steps, loss=loss, lr=updated.lr, seconds_per_step=each, seconds_left=left)

    @property
    def _is_due(self) -> bool:
        """Whether anything is to be saved, drawn or measured after this step."""
        output = self._job.recipe.output
        every = (output.held_out_every, output.sample_every, output.save_every)
        return self._is_last or any(steps and self._step % steps == 0 for steps in every)

    def _due(self, already: frozenset[type[Event]]) -> Iterator[Event]:
        """What this step calls for besides the update, and when the run ends."""
        output = self._job.recipe.output
        is_sampled = bool(output.sample_every and output.samples) and (
            self._is_last or self._step % output.sample_every == 0
        )
        if self._is_first:
            yield from self._done(already, is_sampled=is_sampled)
        if is_sampled and self._job.recipe.early_stop.patience:
            self._end = int(self._group.told(str(self._end).encode()))

    def _done(self, already: frozenset[type[Event]], *, is_sampled: bool) -> Iterator[Event]:
        """Saving comes last: a saved step is wholly done."""
        yield from self._hold_out(already)
        if is_sampled:
            drawn = self._drawn() if Sampled not in already else None
            if self._is_cut:
                return
            if drawn is not None:
                yield self._record(drawn)
            yield from self._watched()
        if not self._is_saved(already) and self._step and self._checkpoints.is_scheduled(self._step, self._end):
            saved = self._save()
            self._checkpoints.remove_stopgaps(self._step, self._end)
            yield self._record(saved)
            self._checkpoints.remove_old(self._step)

    def _is_saved(self, already: frozenset[type[Event]]) -> bool:
        """A file that was moved elsewhere is written again, from the state."""
        return Saved in already and self._run.checkpoint(self._job.name, self._step).is_file()

    def _drawn(self) -> Sampled | None:
        """None where a cancel cut it short: a run that goes on draws them anew, before anything else."""
        try:
            return self._samples.draw(self._step)
        except Cancelled:
            self._is_cut = True
            return None

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

    def _stop(self) -> Generator[Event, None, Never]:
        for each in self._read(late=0):
            yield self._record(self._stepped(*each))
        if self._is_first and self._step > self._saved:
            yield self._save()
        kept, again = "nothing learned yet", "begin anew"
        if self._step:
            kept, again = f"saved as {self._run.checkpoint(self._job.name, self._step).name}", "go on"
        said = f"Stopped at step {self._step} of {self._steps}, {kept}. Start the run again to {again}."
        # A launcher ends the others as soon as one has ended; the first may still be saving.
        self._group.any(False)
        raise Cancelled(said) if self._is_first else Echo(said)

    def _save(self) -> Saved:
        saved = self._checkpoints.save(self._step, self._watchers.tensors())
        self._saved = self._step
        return saved

    def _record(self, event: Event) -> Event:
        if self._is_first:
            self._run.record(event)
        return event
