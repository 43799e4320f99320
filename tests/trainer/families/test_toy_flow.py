"""A family is a folder of its own and a line in the registry: the toy trains, saves, reloads, resumes and samples."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from tests.toy_flow.family import FUSED, QKV, TOY, write_toy
from tests.toy_flow.model import CHANNELS, WIDTH, words_of
from trainer.dataset.dataset import Dataset
from trainer.errors import Cancelled, ModelError
from trainer.families import registry
from trainer.families.base import Base
from trainer.families.registry import describe_base, load_family
from trainer.generate.attachments import Lora as LoraFile
from trainer.generate.local import LocalGenerator
from trainer.generate.shot import Shot
from trainer.lora.mount import mount_lora
from trainer.planning.plan import plan_run
from trainer.recipe.buckets import Buckets
from trainer.recipe.lora import Lora
from trainer.recipe.memory import Memory
from trainer.recipe.optim import Optim, Schedule
from trainer.recipe.output import Output
from trainer.recipe.prior import Prior
from trainer.recipe.recipe import Recipe
from trainer.runtime.work import follow
from trainer.training.job import Job
from trainer.training.run.events import Event, HeldOut, Sampled, Stepped
from trainer.training.train import train

RECIPE = Recipe(
    lora=Lora(rank=2, alpha=2.0, targets="attention_mlp"),
    optim=Optim(lr=3e-2),
    schedule=Schedule(steps=8, batch=2),
    buckets=Buckets(resolution=64, step=8, shortest=32, longest=128),
    output=Output(sample_every=4, save_every=4, held_out_every=4, samples=("{trigger}",)),
    prior=Prior(images=2),
    memory=Memory(precision="fp32"),
)


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Base:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(registry, "FAMILIES", (*registry.FAMILIES, TOY))
    return describe_base(write_toy(tmp_path / "toy.safetensors"))


@pytest.fixture
def job(toy: Base, tiny_dataset: Dataset, tmp_path: Path) -> Job:
    return Job(recipe=RECIPE, dataset=tiny_dataset, base=toy, run=tmp_path / "run", name="sage")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_it_is_recognised_by_its_tensors(toy: Base) -> None:
    assert toy.family == "toy"
    assert load_family(toy).spec is TOY


def test_a_run_learns_samples_and_measures(job: Job) -> None:
    events = list(train(job))
    losses = [event.loss for event in events if isinstance(event, Stepped)]
    assert len(losses) == 8
    assert all(np.isfinite(losses))
    assert [event.step for event in events if isinstance(event, Sampled)] == [0, 4, 8]
    held = [event.held_out for event in events if isinstance(event, HeldOut)]
    assert held[-1] < held[0]


def test_q_k_and_v_are_saved_as_one_layer_that_changes_the_same(job: Job) -> None:
    *_, finished = train(job)
    last = finished.checkpoints[-1]  # type: ignore[union-attr]
    tensors = load_file(last)
    assert tensors[f"{FUSED}.lora_down.weight"].shape == (6, WIDTH)
    assert tensors[f"{FUSED}.lora_up.weight"].shape == (3 * WIDTH, 6)
    assert not any("to_q" in key for key in tensors)
    family = load_family(job.base)
    before = {address: family.module(address) for address in QKV}
    x = torch.randn(1, 3, WIDTH, generator=torch.Generator().manual_seed(0))
    bare = torch.cat([before[address](x) for address in QKV], dim=-1)
    mounted = mount_lora(family, last, 1.0)
    changed = torch.cat([family.module(address)(x) for address in QKV], dim=-1)
    scale = float(tensors[f"{FUSED}.alpha"]) / 6
    whole = tensors[f"{FUSED}.lora_up.weight"].float() @ tensors[f"{FUSED}.lora_down.weight"].float() * scale
    assert torch.allclose(changed, bare + x @ whole.T, atol=1e-6)
    assert not torch.allclose(changed, bare, atol=1e-4)
    mounted.remove()
    assert all(family.module(address) is before[address] for address in QKV)


def test_stopped_and_resumed_is_as_never_stopped(job: Job, tmp_path: Path) -> None:
    *_, finished = train(job)
    stopped = replace(job, run=tmp_path / "stopped")
    steps: list[Event] = []
    with pytest.raises(Cancelled):
        follow(train(stopped, cancelled=lambda: sum(isinstance(each, Stepped) for each in steps) >= 5), steps.append)
    *_, resumed = train(stopped)
    pairs = zip(finished.checkpoints, resumed.checkpoints, strict=True)  # type: ignore[union-attr]
    assert all(sha256(one) == sha256(other) for one, other in pairs)


def test_a_saved_file_draws_what_the_run_drew(job: Job) -> None:
    events = list(train(job))
    *_, sampled = (event for event in events if isinstance(event, Sampled))
    learned = LoraFile(path=events[-1].checkpoints[-1])  # type: ignore[union-attr]
    shot = Shot(prompt="sage_character", seed=RECIPE.seed, width=64, height=64, attachments=(learned,))
    (image,) = LocalGenerator(job.base).generate([shot])
    drawn = np.asarray(image, np.int16)
    assert abs(drawn - np.asarray(Image.open(sampled.paths[0]), np.int16)).max() <= 1
    assert drawn.std() > 0


def test_captions_of_any_length_share_a_batch() -> None:
    assert words_of("sage_character, person, red background").shape == (4, WIDTH)
    assert words_of("").shape == (1, WIDTH)


def test_a_plan_counts_with_the_familys_own_latents(job: Job) -> None:
    plan = follow(plan_run(job))
    assert plan.warm_up
    assert plan.warm_up.weights == 3 * 2 * (WIDTH + WIDTH) + 2 * (WIDTH + CHANNELS)
    # Three pictures, one of them in a bucket of 80 × 48, two held out, two of anybody; four words a caption.
    latents = 64 + 60 + 64 + 2 * 64 + 2 * 64
    assert plan.disk.cache == latents * CHANNELS * 2 * 4 + 7 * TOY.text_values * 4


def test_a_lora_of_sdxl_has_no_place_in_it(job: Job, tmp_path: Path) -> None:
    prefix = "lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q"
    path = tmp_path / "other.safetensors"
    save_file({f"{prefix}.lora_down.weight": torch.ones(2, 8), f"{prefix}.lora_up.weight": torch.ones(8, 2)}, path)
    shot = Shot(prompt="x", width=64, height=64, steps=1, attachments=(LoraFile(path=path),))
    with pytest.raises(ModelError, match="have no module here"):
        list(LocalGenerator(job.base).generate([shot]))
