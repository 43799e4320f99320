"""Whole runs with every kind of loss: they learn, and twice the same."""

from dataclasses import replace
from pathlib import Path

import pytest
from safetensors import safe_open

from tests.conftest import write_tiny_dataset
from tests.tiny_base import write_tiny_base
from tests.trainer.training.clear import write_clear_dataset
from trainer.families.base import Base
from trainer.families.registry import describe_base
from trainer.recipe.buckets import Buckets
from trainer.recipe.lora import Lora
from trainer.recipe.loss import Loss
from trainer.recipe.memory import Memory
from trainer.recipe.optim import Optim, Schedule
from trainer.recipe.output import Output
from trainer.recipe.recipe import Recipe
from trainer.training.job import Job
from trainer.training.run.events import HeldOut, Stepped
from trainer.training.train import train

RECIPE = Recipe(
    lora=Lora(rank=8, alpha=8.0, targets="attention_mlp_conv"),
    optim=Optim(lr=2e-2),
    schedule=Schedule(steps=12, batch=4),
    buckets=Buckets(resolution=64, step=16, shortest=48, longest=96),
    memory=Memory(precision="fp32", gradient_checkpointing=False),
    output=Output(save_every=12, sample_every=0, held_out_every=12, watch=False),
)
LOSSES = {
    "huber": Loss(kind="huber", huber_schedule="exponential"),
    "smooth_l1": Loss(kind="smooth_l1", min_snr_gamma=0),
    "debiased": Loss(min_snr_gamma=0, debiased=True),
    "noise offset": Loss(noise_offset=0.05),
    "masked": Loss(masked=True),
}


@pytest.fixture(scope="module")
def zero_snr_base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """A base that predicts velocity and was trained down to no signal at all, as NoobAI's is."""
    folder = tmp_path_factory.mktemp("velocity") / "base"
    return describe_base(write_tiny_base(folder, prediction_type="v_prediction", zero_snr=True))


def a_job(recipe: Recipe, base: Base, folder: Path) -> Job:
    """One picture to learn, of which the left is transparent, and one held out so that losses are told."""
    dataset = write_clear_dataset(folder / "clear", count=2)
    dataset = dataset.with_samples((dataset.samples[0], replace(dataset.samples[1], split="held_out")))
    return Job(recipe=recipe, dataset=dataset, base=base, run=folder / "run", name="sage")


def last_checkpoint(run: Path) -> Path:
    return sorted((run / "checkpoints").iterdir())[-1]


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
def test_every_kind_of_loss_learns(loss: Loss, tiny_base: Base, tmp_path: Path) -> None:
    job = a_job(replace(RECIPE, loss=loss), tiny_base, tmp_path)
    losses = [event.train for event in train(job) if isinstance(event, HeldOut)]
    assert losses[-1] < 0.85 * losses[0]


def test_masks_reach_the_loss_of_a_step(tiny_base: Base, tmp_path: Path) -> None:
    recipe = replace(RECIPE, schedule=Schedule(steps=1))
    losses: list[float] = []
    for masked in (False, True):
        job = a_job(replace(recipe, loss=Loss(masked=masked)), tiny_base, tmp_path / str(masked))
        losses += [event.loss for event in train(job) if isinstance(event, Stepped)]
    assert losses[0] != pytest.approx(losses[1], rel=1e-4)


def test_velocity_down_to_zero_signal_learns(zero_snr_base: Base, tmp_path: Path) -> None:
    job = a_job(RECIPE, zero_snr_base, tmp_path)
    losses = [event.train for event in train(job) if isinstance(event, HeldOut)]
    assert losses[-1] < 0.85 * losses[0]
    with safe_open(last_checkpoint(job.run), "pt") as file:
        said = file.metadata()
    assert (said["ss_v_parameterization"], said["ss_zero_terminal_snr"]) == ("True", "True")


def test_everything_on_gives_the_same_bytes_twice_and_says_so(tiny_base: Base, tmp_path: Path) -> None:
    loss = Loss(min_snr_gamma=0, debiased=True, kind="huber", noise_offset=0.05, masked=True)
    recipe = replace(RECIPE, loss=loss, schedule=Schedule(steps=3, batch=2))
    job = a_job(recipe, tiny_base, tmp_path)
    list(train(job))
    list(train(replace(job, run=tmp_path / "again")))
    first = last_checkpoint(job.run)
    assert first.read_bytes() == last_checkpoint(tmp_path / "again").read_bytes()
    with safe_open(first, "pt") as file:
        said = file.metadata()
    expected = {
        "ss_min_snr_gamma": "None",
        "ss_debiased_estimation": "True",
        "ss_loss_type": "huber",
        "ss_huber_schedule": "snr",
        "ss_huber_c": "0.1",
        "ss_noise_offset": "0.05",
        "ss_masked_loss": "True",
        "ss_mask_floor": "0.1",
    }
    assert {key: said[key] for key in expected} == expected


def test_what_is_off_is_not_said(tiny_base: Base, tmp_path: Path) -> None:
    """Files of recipes from before these settings keep their bytes."""
    dataset = write_tiny_dataset(tmp_path / "pictures", sizes=((64, 64),))
    recipe = replace(RECIPE, schedule=Schedule(steps=1))
    list(train(Job(recipe=recipe, dataset=dataset, base=tiny_base, run=tmp_path / "run", name="sage")))
    with safe_open(last_checkpoint(tmp_path / "run"), "pt") as file:
        said = file.metadata()
    words = ("debiased", "huber", "loss_type", "noise_offset", "mask", "zero_terminal")
    assert not [key for key in said if any(word in key for word in words)]
