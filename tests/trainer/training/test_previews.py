"""Samples that cannot be drawn cost no training; a full device is answered with what helps."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from tests.conftest import write_tiny_dataset
from trainer.dataset.dataset import Dataset
from trainer.errors import ModelError, RunError
from trainer.families.base import Base
from trainer.families.flux.spec import FLUX1
from trainer.families.sd.spec import SDXL
from trainer.generate.attachments import ATTACHMENTS
from trainer.generate.shot import Shot
from trainer.recipe.lora import Lora
from trainer.recipe.memory import Memory
from trainer.recipe.optim import Optim, Schedule
from trainer.recipe.output import Output
from trainer.recipe.presets import PRESETS
from trainer.recipe.recipe import Recipe
from trainer.training.job import Job
from trainer.training.out_of_memory import out_of_memory
from trainer.training.run.events import Finished, Sampled
from trainer.training.run.folder import RunFolder
from trainer.training.step.answer import Learned
from trainer.training.step.train_step import TrainStep
from trainer.training.train import train

RECIPE = Recipe(
    lora=Lora(rank=2, alpha=2.0),
    optim=Optim(lr=1e-3),
    schedule=Schedule(steps=4, batch=1),
    buckets=replace(PRESETS["Quick test"].recipe.buckets, resolution=64, shortest=64, longest=128),
    memory=Memory(precision="fp32", gradient_checkpointing=False),
    output=Output(save_every=2, sample_every=2, held_out_every=4),
)


class Failing:
    supports = ATTACHMENTS

    def __init__(self, fault: Exception) -> None:
        self.fault = fault

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        raise self.fault
        yield Image.new("RGB", (1, 1))


@pytest.fixture
def job(tiny_base: Base, tiny_dataset: Dataset, tmp_path: Path) -> Job:
    return Job(recipe=RECIPE, dataset=tiny_dataset, base=tiny_base, run=tmp_path / "run", name="sage")


@pytest.fixture(scope="module")
def plain(tiny_base: Base, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of `job` with its own sampler, to be read only."""
    folder = tmp_path_factory.mktemp("plain")
    dataset = write_tiny_dataset(folder / "pictures")
    list(train(Job(recipe=RECIPE, dataset=dataset, base=tiny_base, run=folder / "run", name="sage")))
    return folder / "run"


@pytest.mark.parametrize("fault", [ModelError("the sampler is of another model."), torch.OutOfMemoryError("full")])
def test_samples_that_cannot_be_drawn_are_left_out_and_said(job: Job, plain: Path, fault: Exception) -> None:
    events = list(train(replace(job, sampler=Failing(fault))))
    assert isinstance(events[-1], Finished)
    sampled = [event for event in events if isinstance(event, Sampled)]
    assert [event.step for event in sampled] == [0, 2, 4]
    assert all(event.paths == () and "left out" in event.skipped for event in sampled)
    drawn, without = (load_file(RunFolder(run).checkpoints()[-1].path) for run in (plain, job.run))
    assert drawn.keys() == without.keys()
    assert all(torch.equal(drawn[name], without[name]) for name in drawn)


class Grey:
    """Draws nothing but grey: who asks what is said of a picture need not wait for one."""

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        for shot in shots:
            yield Image.new("RGB", (shot.width, shot.height), "grey")


def test_a_full_device_ends_the_run_with_what_helps(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    learned = TrainStep.learned

    def fills(self: TrainStep, step: int) -> Learned:
        if step == 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return learned(self, step)

    monkeypatch.setattr(TrainStep, "learned", fills)
    with pytest.raises(RunError, match=r"memory of cpu is full.*gradient_checkpointing on.*then precision bf16"):
        list(train(replace(job, sampler=Grey())))
    # Step 2 is scheduled, and step 3 was made when the room was gone.
    assert [checkpoint.step for checkpoint in RunFolder(job.run).checkpoints()] == [2, 3]


def test_a_device_that_is_full_before_the_first_step_says_so_too(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    def fills(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("trainer.families.codec.KlCodec.encode", fills)
    with pytest.raises(RunError, match="memory of cpu is full"):
        list(train(job))


def test_what_helps_is_what_is_not_done_yet() -> None:
    eight = PRESETS["SDXL on 8 GB"].recipe
    assert "resolution 576" in str(out_of_memory(eight, "cuda:0"))
    small = replace(eight, buckets=replace(eight.buckets, resolution=512))
    assert "closing other programs" in str(out_of_memory(small, "cuda:0"))
    one = PRESETS["SDXL on 24 GB"].recipe
    two = replace(one, schedule=replace(one.schedule, batch=2, accumulation=2))
    assert "batch 1 with accumulation 4" in str(out_of_memory(two, "cuda:0"))


@pytest.mark.parametrize(
    ("memory", "said"),
    [
        (Memory(), "quantization int8, then precompute_modulation on"),
        (Memory(quantization="fp8", precompute_modulation=True), "quantization nf4, then text_quantization int8"),
        (Memory(quantization="nf4", checkpointed_blocks=9), "checkpointed_blocks 0, .*, then text_quantization int8"),
        (Memory(quantization="nf4", text_quantization="nf4"), "precompute_modulation on, then offload_activations on"),
        (
            Memory(
                quantization="nf4",
                text_quantization="nf4",
                precompute_modulation=True,
                offload_activations=True,
                swapped_blocks=16,
            ),
            "24 swapped_blocks .*, then batch 1",
        ),
    ],
)
def test_a_base_of_blocks_has_more_that_helps(memory: Memory, said: str) -> None:
    recipe = Recipe(lora=Lora(targets="attention"), schedule=Schedule(batch=2), memory=memory)
    with pytest.raises(RunError, match=rf"What helps: {said}"):
        raise out_of_memory(recipe, "cuda:0", FLUX1)
    assert "quantization" not in str(out_of_memory(recipe, "cuda:0", replace(SDXL, blocks=())))
    assert "precompute_modulation" not in str(out_of_memory(recipe, "cuda:0", SDXL))


def test_likeness_is_of_the_pictures_that_are_to_show_the_character(job: Job) -> None:
    """A sample of somebody else, drawn to see that the trigger matters, must not count against it."""
    output = replace(RECIPE.output, samples=("{trigger}, {subject}", "a {subject} in a park"))
    recipe = replace(RECIPE, output=output)
    measured = replace(job, recipe=recipe, sampler=Grey(), likeness=lambda images: [0.75] * len(images))
    events = list(train(measured))
    assert {event.likeness for event in events if isinstance(event, Sampled)} == {(0.75, None)}
    assert set(RunFolder(job.run).likeness().values()) == {0.75}
