"""Runs that end once their samples no longer grow more like the character: finished runs, and the same when resumed."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import nan
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import one_held_out, write_tiny_dataset
from trainer.dataset.dataset import Dataset
from trainer.errors import Cancelled, RecipeError
from trainer.families.base import Base
from trainer.generate.attachments import ATTACHMENTS, Lora
from trainer.generate.shot import Shot
from trainer.recipe.buckets import Buckets
from trainer.recipe.early_stop import EarlyStop
from trainer.recipe.lora import Lora as LoraRecipe
from trainer.recipe.memory import Memory
from trainer.recipe.optim import Optim, Schedule
from trainer.recipe.output import Output
from trainer.recipe.recipe import Recipe
from trainer.training.job import Job
from trainer.training.plateau import PlateauWatch
from trainer.training.run.events import (
    Event,
    Finished,
    HeldOut,
    Sampled,
    Saved,
    Stepped,
    StoppedEarly,
    Unwatched,
    read_events,
)
from trainer.training.run.folder import RunFolder
from trainer.training.seeds import train_seeds
from trainer.training.train import train

PROMPTS = ("{trigger}, {subject}", "{trigger} in a park")
RECIPE = Recipe(
    lora=LoraRecipe(rank=2, alpha=1.0),
    optim=Optim(lr=1e-3),
    schedule=Schedule(steps=8, batch=1),
    buckets=Buckets(resolution=64, step=16, shortest=48, longest=96),
    memory=Memory(precision="fp32", gradient_checkpointing=False),
    output=Output(save_every=3, sample_every=1, samples=PROMPTS, held_out_every=100),
    early_stop=EarlyStop(patience=2),
    seed=1,
)
UP_TO = (0.1, 0.2, 0.3, 0.3, 0.3)
"""Likeness by step, the last for all that follow: the second sampling without a rise is that of step 4."""


class Marked:
    """Draws pictures whose colour is the step that the LoRA was drawn at, so that a reader can tell."""

    supports = ATTACHMENTS

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        for shot in shots:
            loras = [each.path.stem for each in shot.attachments if isinstance(each, Lora)]
            step = int(loras[0].rpartition("_step")[2]) if loras else 0
            yield Image.new("RGB", (8, 8), (step, 0, 0))


class Curve:
    """Reads likeness from a curve by the step that a picture is marked with."""

    def __init__(self, *by_step: float | None, name: str = "curve") -> None:
        self.by_step, self.name = by_step, name

    def __call__(self, images: Sequence[Image.Image]) -> list[float | None]:
        steps = [image.getpixel((0, 0))[0] for image in images]  # type: ignore[reportIndexIssue]
        return [self.by_step[min(step, len(self.by_step) - 1)] for step in steps]


@pytest.fixture
def job(tiny_base: Base, tiny_dataset: Dataset, tmp_path: Path) -> Job:
    dataset = one_held_out(tiny_dataset)
    run = tmp_path / "run"
    return Job(
        recipe=RECIPE, dataset=dataset, base=tiny_base, run=run, name="sage", sampler=Marked(), likeness=Curve(*UP_TO)
    )


@pytest.fixture(scope="module")
def straight(tiny_base: Base, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    """The folder of a run of `job` that nothing cut, to be read only, and what it told."""
    folder = tmp_path_factory.mktemp("straight")
    dataset, run = one_held_out(write_tiny_dataset(folder / "pictures")), folder / "run"
    made = Job(
        recipe=RECIPE, dataset=dataset, base=tiny_base, run=run, name="sage", sampler=Marked(), likeness=Curve(*UP_TO)
    )
    return run, list(train(made))


def of_kind(events: Sequence[Event], *kinds: type[Event]) -> list[tuple[str, int]]:
    return [(type(event).__name__, event.step) for event in events if isinstance(event, kinds)]  # type: ignore[reportAttributeAccessIssue]


def files(run: Path) -> dict[str, bytes]:
    found = [*(run / "checkpoints").iterdir(), *(run / "samples").iterdir(), *(run / "state").iterdir()]
    return {path.name: path.read_bytes() for path in sorted(found)}


def cancel_after(job: Job, step: int) -> None:
    with pytest.raises(Cancelled):
        list(train(job, cancelled=lambda: (job.run / f"samples/step{step:06d}_1.png").exists()))


def test_a_run_stops_where_likeness_ceased_to_rise_and_is_finished(
    job: Job, straight: tuple[Path, list[Event]]
) -> None:
    folder, events = straight
    assert of_kind(events, HeldOut, StoppedEarly, Saved)[-4:] == [
        ("Saved", 3), ("StoppedEarly", 4), ("HeldOut", 4), ("Saved", 4),
    ]  # fmt: skip
    (stopped,) = (event for event in events if isinstance(event, StoppedEarly))
    assert stopped == StoppedEarly(step=4, steps=8, best=2, samplings=2)
    assert "step 4 of 8" in stopped.sentence and "step 2" in stopped.sentence
    run = RunFolder(folder)
    assert [checkpoint.step for checkpoint in run.checkpoints()] == [3, 4]
    assert (run.samples / "step000004_1.png").is_file()
    assert events[-1] == Finished(checkpoints=run.paths(), answered=False)
    shutil.copytree(folder, job.run)
    assert list(train(job)) == [Finished(checkpoints=RunFolder(job.run).paths(), answered=True)]


def test_up_to_there_it_is_the_run_that_would_have_gone_on(job: Job, straight: tuple[Path, list[Event]]) -> None:
    """Neither the rate nor anything else that learns knows of it."""
    whole = list(train(replace(job, recipe=replace(RECIPE, early_stop=EarlyStop()))))
    told = [[(each.loss, each.lr) for each in events if isinstance(each, Stepped)] for events in (straight[1], whole)]
    assert told[0] == told[1][:4] and len(told[1]) == 8
    assert files(job.run)["sage_step000003.safetensors"] == files(straight[0])["sage_step000003.safetensors"]


@pytest.mark.parametrize("cut", [Stepped, StoppedEarly, Saved])
def test_a_run_that_is_cut_and_resumed_decides_the_same(
    job: Job, straight: tuple[Path, list[Event]], cut: type[Event]
) -> None:
    """Dropped at its last event of each kind: what it saved then, and what its log says, bring it to the same end."""
    folder, told = straight
    events = train(job)
    for event in events:
        if isinstance(event, cut) and event.step == 4:  # type: ignore[reportAttributeAccessIssue]
            break
    events.close()
    resumed = list(train(job))
    assert isinstance(resumed[-1], Finished) and not resumed[-1].answered
    assert files(job.run) == files(folder)
    assert of_kind(read_events(RunFolder(job.run).log), StoppedEarly, Sampled) == of_kind(told, StoppedEarly, Sampled)


def test_a_cancelled_run_stops_where_the_unbroken_one_does(job: Job, straight: tuple[Path, list[Event]]) -> None:
    cancel_after(job, 2)
    list(train(job))
    assert files(job.run) == files(straight[0])


def test_a_rising_run_trains_to_its_last_step(job: Job) -> None:
    rising = replace(job, likeness=Curve(*(0.1 * step for step in range(9))))
    events = list(train(rising))
    assert not of_kind(events, StoppedEarly, Unwatched)
    assert RunFolder(job.run).checkpoints()[-1].step == 8


def test_what_cannot_be_watched_is_said_once_and_trained_on(job: Job) -> None:
    events = list(train(replace(job, likeness=None)))
    (unwatched,) = (event for event in events if isinstance(event, Unwatched))
    assert "Nobody reads faces" in unwatched.why and "step 8" in unwatched.why
    assert RunFolder(job.run).checkpoints()[-1].step == 8


def test_samples_that_never_show_the_character_are_said_once(job: Job) -> None:
    others = replace(job, recipe=replace(RECIPE, output=replace(RECIPE.output, samples=("a dog",))))
    nobody = PlateauWatch(others).unwatched(0, [])
    assert nobody is not None and "No sample prompt names {trigger}" in nobody.why
    log: list[Event] = []
    for step in range(1, 6):
        log.append(Sampled(step=step, paths=(), likeness=(None, nan), reader="curve"))
        if told := PlateauWatch(job).unwatched(step, log):
            log.append(told)
    assert of_kind(log, Unwatched) == [("Unwatched", 2)]
    assert PlateauWatch(job).stop(5, log) is None


def test_numbers_of_another_reader_are_not_compared(job: Job) -> None:
    """Resumed with another reader it begins to count anew: 0.3 of one may be 0.1 of the other."""
    cancel_after(job, 3)
    events = list(train(replace(job, likeness=Curve(0.1, name="another"))))
    assert of_kind(events, StoppedEarly) == [("StoppedEarly", 6)]


def test_each_seed_stops_by_itself_and_the_average_is_of_what_they_ended_with(job: Job) -> None:
    class Two(Curve):
        """The second seed learns two samplings longer."""

        def __call__(self, images: Sequence[Image.Image]) -> list[float | None]:
            is_second = RunFolder(RunFolder(job.run).of_seed(2)).log.is_file()
            return Curve(*(0.1, 0.2, 0.3, 0.4, 0.5, 0.5) if is_second else UP_TO)(images)

    several = replace(job, recipe=replace(RECIPE, seeds=2), likeness=Two())
    events = list(train_seeds(several))
    assert of_kind(events, StoppedEarly) == [("StoppedEarly", 4), ("StoppedEarly", 6)]
    run = RunFolder(job.run)
    assert [checkpoint.label for checkpoint in run.checkpoints()] == ["Step 3", "Step 4", "Average of 2 seeds"]
    assert RunFolder(run.of_seed(2)).checkpoints()[-1].step == 6
    again = list(train_seeds(several))
    assert isinstance(again[-1], Finished) and again[-1].answered


def test_patience_without_samples_is_refused() -> None:
    with pytest.raises(RecipeError, match="patience is 2 with sample_every 0"):
        replace(RECIPE, output=replace(RECIPE.output, sample_every=0))
    with pytest.raises(RecipeError, match="patience is 2 without a sample prompt"):
        replace(RECIPE, output=replace(RECIPE.output, samples=()))
    with pytest.raises(RecipeError, match=r"(?s)patience is -1.*least_gain is 1\.0"):
        replace(RECIPE, early_stop=EarlyStop(patience=-1, least_gain=1.0))


def test_recipes_of_before_read_and_never_stop() -> None:
    data = RECIPE.to_json()
    assert Recipe.from_json(data) == RECIPE
    del data["early_stop"]
    assert Recipe.from_json(data).early_stop.patience == 0
