"""A training assistant stands beneath what learns, is as strong as asked in each, and gets into no file."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from tests.toy_flow.family import FUSED, TOY, write_toy
from tests.toy_flow.model import WIDTH
from trainer.dataset.dataset import Dataset
from trainer.errors import ModelError
from trainer.families import registry
from trainer.families.options import FamilyOptions
from trainer.families.registry import describe_base, load_family
from trainer.generate.attachments import Lora as LoraFile
from trainer.generate.local import LocalGenerator
from trainer.generate.shot import Shot
from trainer.lora.assistant import Assistant
from trainer.recipe.buckets import Buckets
from trainer.recipe.flow import Flow
from trainer.recipe.lora import Lora
from trainer.recipe.memory import Memory
from trainer.recipe.optim import Schedule
from trainer.recipe.output import Output
from trainer.recipe.recipe import Recipe
from trainer.training.job import Job
from trainer.training.run.events import Event, Sampled, Stepped
from trainer.training.train import train

RECIPE = Recipe(
    lora=Lora(rank=2, alpha=2.0, targets="attention_mlp"),
    schedule=Schedule(steps=2, batch=1),
    buckets=Buckets(resolution=64, step=8, shortest=32, longest=128),
    output=Output(sample_every=2, save_every=2, samples=("{trigger}",)),
    memory=Memory(precision="fp32"),
)


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    # The toy is a family like FLUX.1, whose recipes may name an assistant's strengths.
    monkeypatch.setattr(registry, "FAMILIES", (*registry.FAMILIES, replace(TOY, weighs_snr=False)))
    return write_toy(tmp_path / "toy.safetensors")


@pytest.fixture
def assistant(tmp_path: Path) -> Path:
    source = torch.Generator().manual_seed(2)
    path = tmp_path / "assistant.safetensors"
    save_file(
        {
            f"{FUSED}.lora_down.weight": torch.randn(2, WIDTH, generator=source),
            f"{FUSED}.lora_up.weight": torch.randn(3 * WIDTH, 2, generator=source),
        },
        path,
    )
    return path


def job(toy: Path, dataset: Dataset, run: Path, parts: Any = None, **flow: Any) -> Job:
    recipe = replace(RECIPE, flow=Flow(**flow), loss=replace(RECIPE.loss, min_snr_gamma=0.0))
    return Job(recipe=recipe, dataset=dataset, base=describe_base(toy, parts=parts), run=run, name="sage")


def drawn(events: list[Event], number: int) -> Any:
    sampled = [event for event in events if isinstance(event, Sampled)][number]
    return np.asarray(Image.open(sampled.paths[0]), np.int16)


def losses(events: list[Event]) -> list[float]:
    return [event.loss for event in events if isinstance(event, Stepped)]


def test_it_is_there_while_training_and_not_in_samples(
    toy: Path, assistant: Path, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    parts = {"assistant": assistant}
    alone = list(train(job(toy, tiny_dataset, tmp_path / "alone")))
    helped = list(train(job(toy, tiny_dataset, tmp_path / "helped", parts)))
    silent = list(train(job(toy, tiny_dataset, tmp_path / "silent", parts, assistant_training=0.0)))
    seen = list(train(job(toy, tiny_dataset, tmp_path / "seen", parts, assistant_samples=1.0)))
    assert losses(helped)[0] != pytest.approx(losses(alone)[0], rel=1e-3)
    assert losses(silent) == losses(alone)
    # Before anything is learned the pictures are the bare base's, but where it is asked for in them.
    assert np.array_equal(drawn(helped, 0), drawn(alone, 0))
    assert not np.array_equal(drawn(seen, 0), drawn(alone, 0))
    (file,) = (tmp_path / "helped" / "checkpoints").glob("*.safetensors")
    assert load_file(file)[f"{FUSED}.lora_down.weight"].shape == (6, WIDTH)
    shot = Shot(prompt="sage_character", seed=RECIPE.seed, width=64, height=64, attachments=(LoraFile(path=file),))
    for events, options in ((helped, Flow()), (seen, Flow(assistant_samples=1.0))):
        path = file if events is helped else next((tmp_path / "seen" / "checkpoints").glob("*.safetensors"))
        one = replace(shot, attachments=(LoraFile(path=path),))
        base = describe_base(toy, parts=parts)
        (image,) = LocalGenerator(base, options=FamilyOptions(flow=options)).generate([one])
        assert abs(np.asarray(image, np.int16) - drawn(events, 1)).max() <= 1


def test_strengths_change_with_what_is_done(toy: Path, assistant: Path) -> None:
    base = describe_base(toy, parts={"assistant": assistant})
    family = load_family(base)
    x = torch.randn(1, 3, WIDTH, generator=torch.Generator().manual_seed(0))
    bare = family.module("net.to_v")(x)
    helper = Assistant(family, base, Flow(assistant_training=1.0, assistant_samples=-0.5))
    training = family.module("net.to_v")(x) - bare
    with helper.drawing():
        drawing = family.module("net.to_v")(x) - bare
    assert training.abs().max() > 0.1
    assert torch.allclose(drawing, -0.5 * training, atol=1e-5)
    assert torch.allclose(family.module("net.to_v")(x) - bare, training)


def test_a_base_with_it_is_another_base(toy: Path, assistant: Path, tmp_path: Path) -> None:
    alone, helped = describe_base(toy), describe_base(toy, parts={"assistant": assistant})
    assert alone.sha256 != helped.sha256
    assert helped.path == alone.path
    assert hashlib.sha256(assistant.read_bytes()).hexdigest() != helped.sha256
    with pytest.raises(
        ModelError, match=r"toy\.safetensors is a Toy flow checkpoint. Choose the base's training assistant"
    ):
        describe_base(toy, parts={"assistant": toy})
    with pytest.raises(ModelError, match="There is no file"):
        describe_base(toy, parts={"assistant": tmp_path / "none.safetensors"})
