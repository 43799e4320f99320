"""A run's folder: what is being trained, its checkpoints, its log, and the one who may write it."""

import errno
import json
import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...dataset.dataset import Dataset
from ...errors import LikenessError, RunError
from ...families.base import Base
from ...runtime.lock import locked
from ...storage.atomic import DRAFTS, write_atomically
from ...storage.file_name import file_name_fault
from ...storage.links import link_within
from ...storage.values import json_file
from .events import Event, Finished, Prepared, Sampled, Seeded, StoppedEarly, event_json, read_events
from .identity import CLAIM, RunIdentity, differences, refuse_foreign
from .places import base_found, dataset_found
from .state import has_state

_CHECKPOINT = re.compile(r"(?P<name>.+)_step(?P<step>\d{6,})\.safetensors")
_AVERAGE = re.compile(r"(?P<name>.+)_average(?P<seeds>\d+)\.safetensors")
_SAMPLE = re.compile(r"step(\d+)_0\.png")
_NAME = re.compile(r"[^\s./\\:*?\"<>|\x00-\x1f][^/\\:*?\"<>|\x00-\x1f]*")


@dataclass(frozen=True)
class Checkpoint:
    """A LoRA file, the step it was saved at, and what to call it in place of that.

    The average of several seeds comes one step after the last, whose training it is not.
    """

    step: int
    path: Path
    name: str = ""

    @property
    def label(self) -> str:
        return self.name or f"Step {self.step}"


def check_run_name(name: str) -> None:
    """RunError for a name that cannot be that of a run's files."""
    if not _NAME.fullmatch(name) or name.endswith((".", " ")):
        raise RunError(f"The run name {name!r} cannot be a file name; use letters, digits, '-' and '_'.")
    if fault := file_name_fault(name):
        raise RunError(fault)


class RunFolder:
    """The files of one run. Reading never writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log = path / "events.jsonl"
        self.state = path / "state"
        self.samples = path / "samples"
        self.cache = path / "cache"
        self.prior = path / "prior"

    def checkpoint(self, name: str, step: int) -> Path:
        return self.path / "checkpoints" / f"{name}_step{step:06d}.safetensors"

    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """Whole checkpoints by step."""
        found = [(path, _CHECKPOINT.fullmatch(path.name)) for path in (self.path / "checkpoints").glob("*.safetensors")]
        kept = [Checkpoint(int(match["step"]), path) for path, match in found if match]
        kept.sort(key=lambda checkpoint: (checkpoint.step, checkpoint.path.name))
        means = [(path, _AVERAGE.fullmatch(path.name)) for path, _ in found]
        last = kept[-1].step if kept else 0
        averages = [Checkpoint(last + 1, path, f"Average of {match['seeds']} seeds") for path, match in means if match]
        return (*kept, *averages[-1:])

    def paths(self) -> tuple[Path, ...]:
        """The checkpoints' files, by step."""
        return tuple(checkpoint.path for checkpoint in self.checkpoints())

    def average(self, name: str, seeds: int) -> Path:
        """The file of the average over so many seeds."""
        return self.path / "checkpoints" / f"{name}_average{seeds}.safetensors"

    def of_seed(self, seed: int) -> Path:
        """The folder of the run with another seed."""
        return self.path / "seeds" / str(seed)

    def sample_at(self, step: int) -> Path | None:
        """The first sample of the last sampling up to `step`; None before there is one with a LoRA."""
        found = {
            int(match[1]): path for path in self.samples.glob("step*_0.png") if (match := _SAMPLE.match(path.name))
        }
        past = [at for at in found if 0 < at <= step]
        return found[max(past)] if past else None

    def last_sample(self) -> Path | None:
        """The first sample of the last sampling, with a LoRA or without; None before there is one."""
        found = [
            (int(match[1]), path) for path in self.samples.glob("step*_0.png") if (match := _SAMPLE.match(path.name))
        ]
        return max(found, default=(0, None))[1]

    @property
    def is_trained(self) -> bool:
        """Whether a run has left a checkpoint or a state here."""
        return bool(self.checkpoints()) or has_state(self.state)

    def claim(self, name: str, identity: RunIdentity) -> None:
        """Make the folder this job's; RunError when it is another's or cannot be written.

        A job that left neither checkpoint nor state behind has no claim any more: nothing would be lost with it.
        """
        check_run_name(name)
        is_trained = self.is_trained
        whose = differences(self.path, identity) if is_trained else []
        if any(_names(checkpoint.path) != name for checkpoint in self.checkpoints()):
            whose.append("name")
        if whose:
            said = " and ".join(whose)
            raise RunError(f"{self.path} holds a run of another {said}. {self._way_on(whose)}")
        if not is_trained:
            self._forget_samples()
        if not is_trained or not (self.path / CLAIM[-1]).is_file():
            refuse_foreign(self.path)
            for file, data in zip(CLAIM, identity.claim(self.path), strict=True):
                self._write_json(file, data)

    def _forget_samples(self) -> None:
        """Of a job that had no claim, or its samples would pass for this one's."""
        with self.writing():
            for path in self.samples.glob("step*.png"):
                path.unlink(missing_ok=True)
            self.log.unlink(missing_ok=True)

    def _way_on(self, whose: Sequence[str]) -> str:
        """What to do with a run that would need the folder of another."""
        other, checkpoints = "Give this run another name or folder", self.checkpoints()
        if not checkpoints or "base model" in whose:
            return f"{other}."
        last = checkpoints[-1].path
        return f"{other}; to learn on from what is learned there, start it from {last} too (--start, or start_from)."

    @contextmanager
    def writing(self) -> Generator[None]:
        """RunError in place of OSError: what could not be written and what is safe."""
        try:
            yield
        except OSError as error:
            raise self._refusal(error) from error

    @contextmanager
    def locked(self) -> Generator[None]:
        """Keep other runs out until the block ends; RunError when one is in it."""
        with self.writing():
            self.path.mkdir(parents=True, exist_ok=True)
        if link := link_within(self.path):
            raise RunError(f"{link} links to another place, and nothing is written through it; remove the link.")
        with locked(self.path / "lock"):
            with self.writing():
                for draft in self.path.rglob(DRAFTS):
                    draft.unlink(missing_ok=True)
            yield

    def record(self, event: Event) -> None:
        """Append the event to the log; getting ready is not logged."""
        if isinstance(event, Prepared | Seeded):
            return
        with self.writing(), self.log.open("a", encoding="utf-8", newline="\n") as file:
            file.write(_line(event, self.path))

    def rewind_log(self, step: int) -> None:
        """Forget events after `step`, and a last line cut short."""
        kept = [event for event in read_events(self.log) if _step(event, step + 1) <= step]
        text = "".join(_line(event, self.path) for event in kept)
        with self.writing():
            write_atomically(self.log, text.encode())

    def likeness(self) -> dict[int, float]:
        """Mean likeness of the samples by step, where any was measured."""
        found: dict[int, float] = {}
        for event in read_events(self.log):
            measured = [value for value in event.likeness if value is not None] if isinstance(event, Sampled) else []
            if isinstance(event, Sampled) and measured:
                found[event.step] = sum(measured) / len(measured)
        return found

    def logged(self, step: int) -> frozenset[type[Event]]:
        """Kinds of the events logged at `step`."""
        return frozenset(type(event) for event in read_events(self.log) if _step(event, -1) == step)

    def is_finished(self, name: str, steps: int) -> bool:
        """Whether the log ends with Finished and the last checkpoint stands: that of `steps`, or of an early stop."""
        events = read_events(self.log)
        is_told = bool(events) and isinstance(events[-1], Finished)
        return is_told and self.checkpoint(name, _last_step(events, steps)).is_file()

    def last_step(self, steps: int) -> int:
        """The step that a run of at most `steps` ended at."""
        return _last_step(read_events(self.log), steps)

    @property
    def stopped_early(self) -> StoppedEarly | None:
        """Where and why the run ended before its last step; None where it did not."""
        return _stop(read_events(self.log))

    def _write_json(self, name: str, data: Any) -> None:
        with self.writing():
            write_atomically(self.path / name, (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode())

    def _refusal(self, error: OSError) -> RunError:
        where = error.filename or self.path
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            kept = ", ".join(checkpoint.path.name for checkpoint in self.checkpoints()) or "none yet"
            begins = "goes on from its last save" if has_state(self.state) else "begins anew, as nothing was saved yet"
            return RunError(
                f"The disk is full: {where} could not be written. Checkpoints saved before are whole ({kept}). "
                f"Free some space and start the run again: it {begins}."
            )
        return RunError(f"{where} cannot be written: {error.strerror}. Choose a folder that you may write to.")


def read_run(folder: Path) -> tuple[Dataset, Base]:
    """What the run in `folder` was trained on; RunError when there is none or it is damaged."""
    try:
        dataset = dataset_found(json_file(folder / "dataset.json"), folder)
        return dataset, base_found(json_file(folder / "base.json"), folder)
    except (OSError, ValueError, TypeError, KeyError, LikenessError) as error:
        raise RunError(
            f"{folder} is not a run folder that can be read ({error}); give the --out of a training."
        ) from error


def _line(event: Event, folder: Path) -> str:
    return json.dumps(event_json(event, folder), ensure_ascii=False) + "\n"


def _step(event: Event, otherwise: int) -> int:
    return otherwise if isinstance(event, Prepared | Finished | Seeded) else event.step


def _last_step(events: Sequence[Event], steps: int) -> int:
    stop = _stop(events)
    return steps if stop is None else stop.step


def _stop(events: Sequence[Event]) -> StoppedEarly | None:
    return next((event for event in reversed(events) if isinstance(event, StoppedEarly)), None)


def _names(path: Path) -> str:
    """The run name in a checkpoint's file name."""
    match = _CHECKPOINT.fullmatch(path.name) or _AVERAGE.fullmatch(path.name)
    return match["name"] if match else ""
