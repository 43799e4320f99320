"""FLUX.1 trains, saves, resumes and samples through the same run as every family, from ComfyUI's files."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file

from tests.conftest import write_tiny_dataset
from trainer.errors import Cancelled
from trainer.families.options import FamilyOptions
from trainer.families.registry import describe_base
from trainer.generate.attachments import Lora as LoraFile
from trainer.generate.local import LocalGenerator
from trainer.generate.shot import Shot
from trainer.recipe.buckets import Buckets
from trainer.recipe.flow import Flow
from trainer.recipe.lora import Lora
from trainer.recipe.loss import Loss
from trainer.recipe.memory import Memory
from trainer.recipe.optim import Optim, Schedule
from trainer.recipe.output import Output
from trainer.recipe.recipe import Recipe
from trainer.runtime.work import follow
from trainer.training.job import Job
from trainer.training.run.events import Event, Finished, HeldOut, Sampled, Stepped
from trainer.training.train import train

RECIPE = Recipe(
    lora=Lora(rank=2, alpha=2.0, targets="all"),
    optim=Optim(lr=3e-3),
    schedule=Schedule(steps=4, batch=2),
    loss=Loss(min_snr_gamma=0.0),
    buckets=Buckets(resolution=64, step=16, shortest=32, longest=128),
    output=Output(sample_every=4, save_every=2, held_out_every=4, samples=("{trigger}",)),
    memory=Memory(precision="fp32"),
    flow=Flow(sampling="flux_shift", text_tokens=64),
)


@pytest.fixture(scope="module")
def patch() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def job(tiny_flux_home: Path, tmp_path_factory: pytest.TempPathFactory, patch: pytest.MonkeyPatch) -> Job:
    folder = tmp_path_factory.mktemp("flux_run")
    patch.setenv("COMFYUI_PATH", str(tiny_flux_home))
    patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    base = describe_base(tiny_flux_home / "models" / "diffusion_models" / "tiny-flux.safetensors")
    return Job(recipe=RECIPE, dataset=write_tiny_dataset(folder / "set"), base=base, run=folder / "run", name="sage")


@pytest.fixture(scope="module")
def events(job: Job) -> list[Event]:
    return list(train(job))


def last_file(events: list[Event]) -> Path:
    finished = events[-1]
    assert isinstance(finished, Finished)
    return finished.checkpoints[-1]


def test_it_learns(events: list[Event]) -> None:
    losses = [event.loss for event in events if isinstance(event, Stepped)]
    assert len(losses) == 4
    assert all(np.isfinite(losses))
    held = [event.held_out for event in events if isinstance(event, HeldOut)]
    assert held[-1] < held[0]


def test_its_file_says_what_it_is(job: Job, events: list[Event]) -> None:
    with safe_open(last_file(events), "pt") as file:
        said = file.metadata()
    assert said["modelspec.architecture"] == "flux-1-dev/lora"
    assert said["ss_base_model_version"] == "flux1"
    assert said["ss_timestep_sampling"] == "flux_shift"
    assert said["ss_guidance_scale"] == "1"
    # What is not read whole has no SHA-256 to be known by.
    assert "ss_new_sd_model_hash" not in said
    keys = load_file(last_file(events))
    assert len({key.split(".lora_")[0] for key in keys if ".lora_" in key}) == 16
    assert all(key.startswith("diffusion_model.") for key in keys)


def test_stopped_and_resumed_is_as_never_stopped(job: Job, events: list[Event]) -> None:
    stopped = replace(job, run=job.run.parent / "stopped")
    steps: list[Event] = []
    with pytest.raises(Cancelled):
        follow(train(stopped, cancelled=lambda: sum(isinstance(each, Stepped) for each in steps) >= 3), steps.append)
    *_, resumed = train(stopped)
    assert isinstance(resumed, Finished)
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (last_file(events), resumed.checkpoints[-1])]
    assert digests[0] == digests[1]


def test_a_saved_file_draws_what_the_run_drew(job: Job, events: list[Event]) -> None:
    *_, sampled = (event for event in events if isinstance(event, Sampled))
    shot = Shot(
        prompt="sage_character",
        seed=RECIPE.seed,
        width=64,
        height=64,
        guidance=3.5,
        attachments=(LoraFile(path=last_file(events)),),
    )
    (image,) = LocalGenerator(job.base, options=FamilyOptions.of(RECIPE)).generate([shot])
    drawn = np.asarray(image, np.int16)
    assert abs(drawn - np.asarray(Image.open(sampled.paths[0]), np.int16)).max() <= 1
    assert drawn.std() > 0


def test_contrastive_guidance_and_weighted_levels_learn_too(job: Job) -> None:
    flow = Flow(sampling="weighted", contrastive=3.0, text_tokens=64)
    recipe = replace(RECIPE, flow=flow, schedule=Schedule(steps=1, batch=1), output=Output(sample_every=0))
    run = job.run.parent / "contrastive"
    (loss,) = [event.loss for event in train(replace(job, recipe=recipe, run=run)) if isinstance(event, Stepped)]
    assert np.isfinite(loss)
