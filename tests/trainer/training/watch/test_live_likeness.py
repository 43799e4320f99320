"""Live likeness of whole runs on the toy family: what it tells, when, and that nothing learned is moved by it."""

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.toy_flow.family import TOY, write_toy
from trainer.dataset.dataset import Dataset
from trainer.dataset.sample import FaceMark
from trainer.errors import Cancelled
from trainer.families import registry
from trainer.families.registry import describe_base
from trainer.recipe.buckets import Buckets
from trainer.recipe.lora import Lora
from trainer.recipe.memory import Memory
from trainer.recipe.optim import Optim, Schedule
from trainer.recipe.output import Output
from trainer.recipe.recipe import Recipe
from trainer.runtime.work import follow
from trainer.training.job import Job
from trainer.training.run.events import Event, LiveLikeness, Noticed, Stepped, Unwatched, read_events
from trainer.training.run.folder import RunFolder
from trainer.training.train import train
from trainer.training.watch import watchers
from trainer.training.watch.predicted_faces import PredictedFaces, View

RECIPE = Recipe(
    lora=Lora(rank=4, alpha=4.0, targets="attention_mlp", rank_by_timestep=True),
    optim=Optim(lr=3e-2, ema_decay=0.9),
    schedule=Schedule(steps=8, batch=2),
    buckets=Buckets(resolution=64, step=8, shortest=32, longest=128),
    output=Output(sample_every=0, save_every=3, held_out_every=4, watch_every=2),
    memory=Memory(precision="fp32"),
)
Values = Callable[[Image.Image], float | None]


class Reader:
    """Reads the brightness of pictures as likeness, or whatever `value` says; keeps how many it was shown."""

    name = "brightness"

    def __init__(self, value: Values | None = None) -> None:
        self._value = value or (lambda image: float(np.asarray(image, np.float32).mean()) / 255)
        self.shown: list[tuple[int, int]] = []

    def __call__(self, images: Sequence[Image.Image]) -> list[float | None]:
        self.shown += [image.size for image in images]
        return [self._value(image) for image in images]


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch, tiny_dataset: Dataset, tmp_path: Path) -> Job:
    """Of as much time to look as it likes."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(registry, "FAMILIES", (*registry.FAMILIES, TOY))
    monkeypatch.setattr(watchers, "_SHARE", 1e9)
    base = describe_base(write_toy(tmp_path / "toy.safetensors"))
    run = tmp_path / "run"
    return Job(recipe=RECIPE, dataset=tiny_dataset, base=base, run=run, name="sage", likeness=Reader())


def told(events: Sequence[Event]) -> list[LiveLikeness]:
    return [event for event in events if isinstance(event, LiveLikeness)]


def noticed(events: Sequence[Event]) -> list[str]:
    """Of live likeness alone."""
    return [event.what for event in events if isinstance(event, Noticed) and "ive likeness" in event.what]


def logged(job: Job) -> list[Event]:
    return read_events(RunFolder(job.run).log)


def learned(job: Job) -> list[str]:
    return [hashlib.sha256(each.path.read_bytes()).hexdigest() for each in RunFolder(job.run).checkpoints()]


def stopped_at(job: Job, step: int) -> None:
    seen: list[Event] = []
    with pytest.raises(Cancelled):
        follow(train(job, cancelled=lambda: sum(isinstance(each, Stepped) for each in seen) >= step), seen.append)


def test_it_is_told_after_the_first_step_and_every_so_many(job: Job) -> None:
    live = told(list(train(job)))
    assert [event.step for event in live] == [1, 2, 4, 6, 8]
    assert all(math.isfinite(event.likeness) and event.pictures == 3 for event in live)
    assert {event.reader for event in live} == {"brightness"}
    assert len({event.likeness for event in live}) > 1
    assert told(logged(job)) == live


def test_what_is_learned_is_the_same_to_the_byte_without_it(job: Job, tmp_path: Path) -> None:
    list(train(job))
    plain = replace(job, run=tmp_path / "plain", likeness=None)
    list(train(plain))
    unwatched = replace(job.recipe, output=replace(job.recipe.output, watch=False))
    off = replace(job, run=tmp_path / "off", recipe=unwatched)
    assert not told(list(train(off)))
    weights = [{name: tensor.tobytes() for name, tensor in weights_of(each).items()} for each in (job, plain, off)]
    assert weights[0] == weights[1] == weights[2]


def weights_of(job: Job) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    return load_file(RunFolder(job.run).checkpoints()[-1].path)


@pytest.mark.parametrize("step", [2, 5])
def test_a_resumed_run_tells_what_the_unbroken_one_does(job: Job, tmp_path: Path, step: int) -> None:
    list(train(job))
    broken = replace(job, run=tmp_path / "broken", likeness=Reader())
    stopped_at(broken, step)
    list(train(broken))
    assert told(logged(broken)) == told(logged(job))
    assert learned(broken) == learned(job)


def test_the_same_pictures_are_looked_at_after_a_pause_without_being_chosen_again(job: Job) -> None:
    stopped_at(job, 6)
    reader = Reader()
    list(train(replace(job, likeness=reader)))
    assert len(reader.shown) == 1


def test_without_a_reader_it_is_said_once_and_resuming_does_not_repeat_it(job: Job) -> None:
    blind = replace(job, likeness=None)
    stopped_at(blind, 3)
    list(train(blind))
    assert noticed(logged(blind)) == [
        "Nobody reads faces, so live likeness is not told. Choose a face reader that is installed."
    ]
    assert not told(logged(blind))


@pytest.mark.parametrize("value", [None, math.nan])
def test_where_no_face_is_found_it_is_said_once_and_nobody_looks_again(job: Job, value: float | None) -> None:
    reader = Reader(lambda _: value)
    blind = replace(job, likeness=reader)
    stopped_at(blind, 4)
    list(train(blind))
    (what,) = noticed(logged(blind))
    assert "finds no face" in what
    assert not told(logged(blind))
    assert len(reader.shown) == 5


def test_a_picture_whose_face_is_not_found_now_leaves_the_mean_to_the_others(job: Job) -> None:
    is_blind = False
    reader = Reader()

    def read(images: Sequence[Image.Image]) -> list[float | None]:
        return [None] * len(images) if is_blind else reader(images)

    live: list[LiveLikeness] = []
    for event in train(replace(job, likeness=read)):
        is_blind = isinstance(event, Stepped) and event.step >= 4
        live += [event] if isinstance(event, LiveLikeness) else []
    assert [(event.step, event.pictures) for event in live] == [(1, 3), (2, 3), (4, 2), (6, 1)]


def test_of_a_marked_face_no_more_than_its_surroundings_is_decoded(job: Job) -> None:
    mark = FaceMark(box=(8.0, 8.0, 24.0, 24.0), reader="any")
    marked = job.dataset.with_samples(tuple(replace(sample, face=mark) for sample in job.dataset.samples))
    reader = Reader()
    assert told(list(train(replace(job, dataset=marked, likeness=reader))))
    assert set(reader.shown) == {(40, 40)}


class Fading(PredictedFaces):
    """Whose likeness falls with each view, from the picture itself to nobody."""

    def __init__(self, curve: Sequence[float | None]) -> None:
        self._curve = curve

    def likeness(self, view: View) -> float | None:
        return self._curve[view.number]


@pytest.mark.parametrize(
    ("curve", "chosen"),
    [
        ([0.9, 0.8, 0.6, 0.4, 0.2, 0.1, 0.0, 0.0], 4),
        ([0.9, 0.8, 0.6, 0.4, None, None, None, None], 4),
        ([0.9, 0.8, 0.6, 0.4, 0.2, 0.0, -0.3, -0.5], 6),
        ([-0.5, -0.5], 0),
        ([0.9], 0),
    ],
)
def test_the_noise_leaves_a_quarter_of_the_character_to_the_base(curve: list[float | None], chosen: int) -> None:
    still: Any = None
    views = [View(still, number, still) for number in range(len(curve))]
    assert Fading(curve).mostly_lost(views, own=1.0).number == chosen


def test_what_does_not_fit_into_memory_is_left_and_the_run_ends_as_ever(job: Job, tmp_path: Path) -> None:
    looks = 0

    def read(image: Image.Image) -> float:
        nonlocal looks
        looks += 1
        if looks > 9:
            raise torch.OutOfMemoryError("no room")
        return 0.5

    full = replace(job, likeness=Reader(read))
    events = list(train(full))
    assert "do not fit into memory" in noticed(events)[0]
    assert len(noticed(events)) == 1
    assert looks == 10
    list(train(replace(job, run=tmp_path / "other")))
    assert learned(full) == learned(replace(job, run=tmp_path / "other"))


def test_early_stop_is_told_of_a_blind_run_beside_it(job: Job) -> None:
    """Two things that cannot be seen are two things to say."""
    recipe = replace(
        job.recipe,
        output=replace(job.recipe.output, sample_every=4, samples=("{trigger}",)),
        early_stop=replace(job.recipe.early_stop, patience=2),
    )
    events = list(train(replace(job, recipe=recipe, likeness=None)))
    assert len(noticed(events)) == 1
    assert sum(isinstance(event, Unwatched) for event in events) == 1
