"""What the page shows of a run, told event by event."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ...trainer.errors import LikenessError
from ...trainer.runtime.duration import duration
from ...trainer.training.run.events import (
    Event,
    Finished,
    HeldOut,
    Prepared,
    Sampled,
    Saved,
    Seeded,
    Stepped,
    StoppedEarly,
    Unwatched,
    read_events,
)
from ...trainer.training.run.last_error import errors_kept
from ..host.page import send, show_progress, view_of
from .budget import spread
from .kept_workflow import keep_workflow
from .progress import Throttle
from .watched import TrainingPictures, Views, WatchState, no_views

_POINTS, _PICTURES = 160, 320

View = Mapping[str, str]

_FOLLOWED: set[Path] = set()


class RunState:
    """Folds events. The whole state goes out each time, so that a page opened in mid-run shows the same."""

    def __init__(self, view_of: Callable[[Path], View | None], pictures: Views = no_views) -> None:
        self._view_of = view_of
        self._watch = WatchState(pictures)
        self._loss: dict[int, float] = {}
        self._held_out: dict[int, tuple[float, float]] = {}
        self._samples: dict[int, list[View]] = {}
        self._likeness: dict[int, float] = {}
        self._note = ""
        self._health = ""
        self._stopped: list[str] = []
        self._unwatched = ""
        self.saved: list[int] = []
        self.step = 0
        self.steps = 0
        self.status = "Starting"
        self.is_finished = False
        self._pace: tuple[float, float] = (0.0, 0.0)

    def add(self, event: Event) -> None:
        self._watch.add(event)
        match event:
            case Prepared():
                self.status = f"{event.what[:1].upper()}{event.what[1:]} {event.done} of {event.total}"
            case Seeded():
                self._note = f"Seed {event.number} of {event.count} · "
            case Stepped():
                self._stepped(event)
            case HeldOut():
                self._held_out[event.step] = (event.held_out, event.train)
            case Sampled():
                self._sampled(event)
            case StoppedEarly():
                self.steps = event.step
                self.status = f"{self._note}{event.sentence}"
                self._stopped.append(self.status)
            case Unwatched():
                self._unwatched = event.why
            case Saved():
                self.saved.append(event.step)
                self._health = event.health
            case Finished():
                self.is_finished = True
                ended = "Answered from the finished run" if event.answered else "Finished"
                said = " ".join(filter(None, (*self._stopped, self._unwatched, self._health)))
                self.status = f"{ended}. {said}" if said else ended
            case _:
                pass

    def _stepped(self, event: Stepped) -> None:
        self.step, self.steps = event.step, event.steps
        self._pace = (event.seconds_per_step, event.seconds_left)
        self._loss[event.step] = event.loss
        pace, left = f"{event.seconds_per_step:.2f} s a step", f"{duration(event.seconds_left)} left"
        said = f"{self._note}Step {event.step} of {event.steps} · {pace} · {left}"
        self.status = " · ".join(filter(None, (said, self._unwatched)))

    def _sampled(self, event: Sampled) -> None:
        views = [view for path in event.paths if (view := self._view_of(path)) is not None]
        if views:
            self._samples[event.step] = views
        measured = [value for value in event.likeness if value is not None]
        if measured:
            self._likeness[event.step] = sum(measured) / len(measured)
        if event.skipped:
            self.status = event.skipped

    def snapshot(self) -> dict[str, Any]:
        """Plain JSON: curves thinned to a few hundred points, pictures as the host's /view asks for them."""
        per_step, left = self._pace
        samples, likeness = self._shown_samples()
        return {
            "status": self.status,
            "step": self.step,
            "steps": self.steps,
            "seconds_per_step": per_step,
            "seconds_left": left,
            "loss": thinned(sorted(self._loss.items())),
            "held_out": spread([[step, *losses] for step, losses in sorted(self._held_out.items())], _POINTS),
            "likeness": [[step, mean] for step, mean in likeness],
            "samples": [{"step": step, "images": list(views[:_PICTURES])} for step, views in samples],
            "samples_of": len(self._samples),
            "saved": self.saved[-_POINTS:],
            **self._watch.snapshot(),
        }

    def _shown_samples(self) -> tuple[list[tuple[int, list[View]]], list[tuple[int, float]]]:
        """Samplings at even distances with few enough pictures to send again and again, and the likeness of these."""
        each = max((len(views) for views in self._samples.values()), default=1)
        samples = spread(sorted(self._samples.items()), max(2, min(_POINTS, _PICTURES // each)))
        steps = {step for step, _ in samples}
        is_cut = len(samples) < len(self._samples)
        likeness = [row for row in sorted(self._likeness.items()) if not is_cut or row[0] in steps]
        return samples, spread(likeness, _POINTS)


def thinned(points: list[tuple[int, float]]) -> list[list[float]]:
    """Means of neighbouring points, at most `_POINTS` of them, the steps of their last."""
    size = -(-len(points) // _POINTS)
    groups = [points[start : start + size] for start in range(0, len(points), max(size, 1))]
    return [[group[-1][0], sum(value for _, value in group) / len(group)] for group in groups]


def logged_state(folder: Path) -> RunState:
    """A run as far as its log goes."""
    state = RunState(_view_there, TrainingPictures(folder))
    for event in read_events(folder / "events.jsonl"):
        state.add(event)
    return state


def _view_there(path: Path) -> View | None:
    """None where the picture was cleaned up."""
    return view_of(path) if path.is_file() else None


def is_followed(folder: Path) -> bool:
    """Whether this process trains that run now."""
    return folder in _FOLLOWED


class RunPage:
    """What the page of a run shows, from what the run has logged on."""

    def __init__(self, node: str, folder: Path, workflow: Any = None) -> None:
        """`workflow` is what the page sent with the prompt, to be kept with the run; None where it sent none."""
        self._node, self._folder, self._workflow = node, folder, workflow
        self.state = logged_state(folder)
        self._throttle = Throttle()

    def follow(self, events: Iterable[Event]) -> None:
        """Show every event; also why a run stops before its end."""
        _FOLLOWED.add(self._folder)
        try:
            with errors_kept(self._folder):
                for event in events:
                    self._keep_workflow(event)
                    self.state.add(event)
                    if isinstance(event, Sampled) or self._throttle.is_due():
                        self._show()
        except LikenessError as stop:
            self.state.status = str(stop)
            raise
        finally:
            _FOLLOWED.discard(self._folder)
            self._show()

    def _keep_workflow(self, event: Event) -> None:
        """Once, when what is told shows that the folder is this run's by now."""
        if self._workflow is not None and isinstance(event, Prepared | Stepped | Finished):
            keep_workflow(self._folder, self._workflow)
            self._workflow = None

    def _show(self) -> None:
        show_progress(self._node, self.state.step, max(self.state.steps, 1))
        send("likeness.train", {"node": self._node, **self.snapshot()})

    def snapshot(self) -> dict[str, Any]:
        """The state with the name of the run that it is of."""
        return {"run": self._folder.name, **self.state.snapshot()}
