"""Two processes train what one does, however they are stopped, and say together what is wrong."""

import os
import shutil
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from tests.conftest import one_held_out, write_tiny_dataset
from tests.together import Together
from tests.trainer.training.ready import made_ready
from tests.trainer.training.test_early_stop import Curve, Marked
from tests.trainer.training.test_train import RECIPE
from trainer.errors import Cancelled, RecipeError
from trainer.families.base import Base
from trainer.recipe.early_stop import EarlyStop
from trainer.recipe.optim import Schedule
from trainer.recipe.prior import Prior
from trainer.runtime.group import ALONE, Alone, Group
from trainer.training.data.order import Order
from trainer.training.job import Job
from trainer.training.run.events import Stepped, read_events
from trainer.training.run.folder import RunFolder
from trainer.training.seeds import train_seeds
from trainer.training.step.loss_scale import LossScale
from trainer.training.step.train_step import TrainStep
from trainer.training.train import train

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks its processes")
STEPS = 6


@pytest.fixture(scope="module")
def job(tiny_base: Base, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """Four micro-batches an update, two a process."""
    folder = tmp_path_factory.mktemp("together")
    recipe = replace(
        RECIPE,
        schedule=Schedule(steps=STEPS, batch=1, accumulation=4),
        # In half precision a difference of 1e-8 may be one of a whole step of its numbers, 6e-5.
        output=replace(RECIPE.output, save_every=3, held_out_every=STEPS, precision="fp32"),
    )
    dataset = one_held_out(write_tiny_dataset(folder / "pictures"))
    return Job(recipe=recipe, dataset=dataset, base=tiny_base, run=folder / "one", name="sage")


@pytest.fixture(scope="module")
def one(job: Job) -> Path:
    """The run that one process made."""
    list(train(job))
    return job.run


def trained(job: Job, group: Group = ALONE, *, cancelled: Callable[[], bool] = lambda: False) -> list[str]:
    return [type(event).__name__ for event in train(job, cancelled=cancelled, group=group)]


def losses(run: Path) -> list[float]:
    return [event.loss for event in read_events(run / "events.jsonl") if isinstance(event, Stepped)]


def assert_like(run: Path, one: Path) -> None:
    """The bounds that issue 20 sets: losses within 1e-6, weights within 1e-5, in the file and as they train."""
    assert len(losses(run)) == len(losses(one))
    assert max(abs(a - b) for a, b in zip(losses(run), losses(one), strict=True)) < 1e-6
    for name in ("checkpoints/sage_step000006.safetensors", "state/tensors.safetensors"):
        there, here = load_file(run / name), load_file(one / name)
        assert there.keys() == here.keys()
        # What is watched is what the first process is shown.
        learned = [key for key in here if not key.startswith("watch.")]
        assert max(float((there[key].float() - here[key].float()).abs().max()) for key in learned) < 1e-5


def made_like(job: Job, one: Path, run: Path, **changes: Any) -> Job:
    """The job in a folder of its own, pictures encoded already, with other settings of its recipe."""
    run.mkdir(parents=True)
    made_ready(one, run)
    return replace(job, run=run, recipe=replace(job.recipe, **changes))


def test_two_processes_encode_once_and_learn_what_one_does(job: Job, one: Path, tmp_path: Path) -> None:
    here = replace(job, run=tmp_path / "two")
    first, other = Together(lambda group: trained(here, group), tmp_path).said()
    assert_like(here.run, one)
    assert first["returned"].count("Stepped") == other["returned"].count("Stepped") == STEPS
    assert "Prepared" in first["returned"]
    assert not {"Saved", "HeldOut"} & set(other["returned"])
    assert {path.name for path in (here.run / "cache").iterdir()} == {path.name for path in (one / "cache").iterdir()}
    kinds = [type(event) for event in read_events(here.run / "events.jsonl")]
    assert kinds == [type(event) for event in read_events(one / "events.jsonl")]


def test_killed_they_go_on_and_so_does_one_alone(job: Job, one: Path, tmp_path: Path) -> None:
    here = made_like(job, one, tmp_path / "two")

    def killed(group: Group) -> None:
        both = [int(each) for each in group.gathered(str(os.getpid()))]
        for event in train(here, group=group):
            # Step 3 is saved, and the other may be in the middle of step 5.
            if isinstance(event, Stepped) and event.step == 4 and group.rank == 0:
                for process in reversed(both):
                    os.kill(process, signal.SIGKILL)

    assert Together(killed, tmp_path / "first").said() == [{}, {}]
    assert [checkpoint.step for checkpoint in RunFolder(here.run).checkpoints()] == [3]
    alone = replace(here, run=tmp_path / "alone")
    shutil.copytree(here.run, alone.run)
    assert "error" not in Together(lambda group: trained(here, group), tmp_path / "again").said()[0]
    assert_like(here.run, one)
    trained(alone)
    assert_like(alone.run, one)


def test_what_one_process_has_begun_two_go_on_with(job: Job, one: Path, tmp_path: Path) -> None:
    here = made_like(job, one, tmp_path / "run")
    with suppress(Cancelled):
        trained(here, cancelled=lambda: len(losses(here.run)) == 2)
    assert losses(here.run) == losses(one)[:2]
    Together(lambda group: trained(here, group), tmp_path / "notes").said()
    assert_like(here.run, one)


def test_a_picture_of_the_other_process_is_named(job: Job, one: Path, tmp_path: Path) -> None:
    """The loss of what only the second process is shown is no number, from the second update on."""
    here = made_like(job, one, tmp_path / "run")
    real = TrainStep.learn

    def work(group: Group) -> list[str]:
        calls = iter(range(100))

        def learn(self: TrainStep, batch: Any, *rest: Any) -> Any:
            loss, predicted = real(self, batch, *rest)
            return (loss * float("nan") if group.rank == 1 and next(calls) == 2 else loss), predicted

        TrainStep.learn = learn
        return trained(here, group)

    first, other = Together(work, tmp_path / "notes").said()
    shown = one_shown(job, 4 + 1)
    assert first["kind"] == "RunError"
    assert f"Step 2 gave a loss or gradient that is not a number, on {shown}." in first["error"]
    assert other == {"error": first["error"], "kind": "Echo"}


def one_shown(job: Job, number: int) -> str:
    """The name of the one picture in micro-batch `number`."""
    buckets = ["64", "96", "64"]
    return job.dataset.train[Order(buckets, [1] * 3, 1, job.recipe.seed).at(number)[0]].path.name


def test_an_overflow_in_one_makes_the_loss_scale_smaller_in_all(job: Job, one: Path, tmp_path: Path) -> None:
    memory = replace(job.recipe.memory, precision="fp16")
    here = made_like(job, one, tmp_path / "run", memory=memory, schedule=replace(job.recipe.schedule, steps=2))
    scaled, passed = TrainStep.learn, LossScale.passed

    def work(group: Group) -> list[float]:
        factors: list[float] = []

        def learn(self: TrainStep, batch: Any, noised: Any, said: Any, share: float) -> Any:
            return scaled(self, batch, noised, said, 1e36 if group.rank == 1 and not factors else share)

        def noted(self: LossScale, *, is_finite: bool) -> bool:
            factors.append(self.factor)
            return passed(self, is_finite=is_finite)

        TrainStep.learn, LossScale.passed = learn, noted
        trained(here, group)
        return factors

    first, other = Together(work, tmp_path / "notes").said()
    assert first["returned"] == other["returned"] == [2.0**14, 2.0**13]


def test_all_stop_at_one_step_when_one_is_asked_to(job: Job, one: Path, tmp_path: Path) -> None:
    here = made_like(job, one, tmp_path / "run")

    def work(group: Group) -> None:
        steps: list[int] = []
        for event in train(here, group=group, cancelled=lambda: group.rank == 1 and 2 in steps):
            if isinstance(event, Stepped):
                steps.append(event.step)

    first, other = Together(work, tmp_path / "notes").said()
    assert first["kind"] == "Cancelled"
    assert "Stopped at step 2 of 6, saved as sage_step000002.safetensors" in first["error"]
    assert other == {"error": first["error"], "kind": "Echo"}
    assert [checkpoint.step for checkpoint in RunFolder(here.run).checkpoints()] == [2]
    assert losses(here.run) == pytest.approx(losses(one)[:2], abs=1e-6)


@pytest.mark.parametrize("step", [3, STEPS])
def test_all_stop_where_the_samples_of_the_first_are_cut_short(job: Job, one: Path, tmp_path: Path, step: int) -> None:
    output = replace(job.recipe.output, sample_every=3)
    here = made_like(job, one, tmp_path / "run", output=output)

    def work(group: Group) -> None:
        steps: list[int] = []
        for event in train(here, group=group, cancelled=lambda: group.rank == 0 and step in steps):
            if isinstance(event, Stepped):
                steps.append(event.step)

    first, other = Together(work, tmp_path / "notes").said()
    assert f"Stopped at step {step} of 6, saved as sage_step{step:06d}.safetensors" in first["error"]
    assert (first["kind"], other["kind"]) == ("Cancelled", "Echo")
    assert not list((here.run / "samples").glob(f"step{step:06d}*"))
    assert losses(here.run) == pytest.approx(losses(one)[:step], abs=1e-6)


def test_one_asked_to_stop_while_the_first_encodes_stops_it(job: Job, tmp_path: Path) -> None:
    here = replace(job, run=tmp_path / "run")
    first, other = Together(lambda group: trained(here, group, cancelled=lambda: group.rank == 1), tmp_path).said()
    assert (first["kind"], other["kind"]) == ("Cancelled", "Echo")
    said = "Stopped while getting ready; what was encoded so far is kept. Run again to go on from there."
    assert first["error"] == other["error"] == said


@pytest.mark.slow
def test_seeds_and_an_early_stop_are_the_same_for_all(job: Job, tmp_path: Path) -> None:
    """Each encodes for itself, and reads the prior picture that the first has drawn; likeness rises no more."""
    recipe = replace(
        job.recipe,
        seeds=2,
        prior=Prior(images=1),
        schedule=replace(job.recipe.schedule, steps=4, accumulation=2),
        memory=replace(job.recipe.memory, cache="memory"),
        output=replace(job.recipe.output, sample_every=1, samples=("{trigger}",)),
        early_stop=EarlyStop(patience=1),
    )
    here = replace(job, run=tmp_path / "run", recipe=recipe, sampler=Marked())

    def work(group: Group) -> list[str]:
        mine = replace(here, likeness=Curve(0.1, 0.2, 0.2)) if group.rank == 0 else here
        return [type(event).__name__ for event in train_seeds(mine, group=group)]

    first, other = Together(work, tmp_path / "notes").said()
    assert first["returned"].count("StoppedEarly") == 2
    assert first["returned"].count("Stepped") == other["returned"].count("Stepped") == 4
    assert [each.label for each in RunFolder(here.run).checkpoints()] == ["Step 2", "Average of 2 seeds"]
    assert len(list((here.run / "prior").iterdir())) == 1
    assert not (here.run / "cache").exists()


def test_the_first_says_for_all_what_is_wrong_before_the_first_step(job: Job, one: Path, tmp_path: Path) -> None:
    other_seed = replace(job, run=one, recipe=replace(job.recipe, seed=7))
    first, other = Together(lambda group: trained(other_seed, group), tmp_path / "claim").said()
    assert first["kind"] == "RunError"
    assert "holds a run of another recipe (seed 1 → 7)" in first["error"]
    assert other == {"error": first["error"], "kind": "Echo"}


def test_processes_that_work_from_different_things_are_refused(job: Job, tmp_path: Path) -> None:
    fewer = replace(job, dataset=job.dataset.with_samples(job.dataset.samples[:-1]))
    first, other = Together(lambda group: trained(fewer if group.rank else job, group), tmp_path).said()
    assert first["error"].startswith("Process 1 of this run has another dataset than process 0.")
    assert other == {"error": first["error"], "kind": "Echo"}


class Four(Alone):
    """The first of four processes."""

    world = 4


@pytest.mark.parametrize(
    ("batch", "accumulation", "advice"),
    [
        (4, 1, "Set batch 1 and accumulation 4 in the recipe, the same 4 pictures an update"),
        (8, 2, "Set batch 4 and accumulation 4 in the recipe, the same 16 pictures an update"),
        (1, 6, "Set batch 1 and accumulation 8 in the recipe, 8 pictures in place of 6 an update"),
        (3, 1, "Set batch 1 and accumulation 4 in the recipe, 4 pictures in place of 3 an update"),
    ],
)
def test_an_update_that_cannot_be_shared_is_refused_with_one_that_can(
    job: Job, batch: int, accumulation: int, advice: str
) -> None:
    recipe = replace(job.recipe, schedule=Schedule(steps=1, batch=batch, accumulation=accumulation))
    with pytest.raises(RecipeError) as refused:
        next(train(replace(job, recipe=recipe), group=Four()))
    assert f"accumulation {accumulation} cannot be divided by 4. {advice}" in str(refused.value)
