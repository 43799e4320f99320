"""A layer that no gradient reaches is named after the first step, in every family."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.toy_flow.family import TOY, ToyFlow, write_toy
from trainer.dataset.dataset import Dataset
from trainer.errors import RunError
from trainer.families import registry
from trainer.families.registry import describe_base
from trainer.recipe.buckets import Buckets
from trainer.recipe.lora import Lora
from trainer.recipe.memory import Memory
from trainer.recipe.optim import Schedule
from trainer.recipe.output import Output
from trainer.recipe.recipe import Recipe
from trainer.recipe.text import Text
from trainer.training.job import Job
from trainer.training.run.events import Stepped
from trainer.training.train import train

RECIPE = Recipe(
    lora=Lora(rank=2, targets="attention_mlp"),
    schedule=Schedule(steps=1, batch=1),
    buckets=Buckets(resolution=64, step=8, shortest=32, longest=128),
    output=Output(sample_every=0),
    memory=Memory(precision="fp32"),
)


@pytest.fixture
def job(tmp_path: Path, tiny_dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> Job:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(registry, "FAMILIES", (*registry.FAMILIES, TOY))
    base = describe_base(write_toy(tmp_path / "toy.safetensors"))
    return Job(recipe=RECIPE, dataset=tiny_dataset, base=base, run=tmp_path / "run", name="sage")


def deafen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The adapter at `to_k` is heard, and no gradient goes back through it."""
    replacing = ToyFlow.replace

    def replaced(self: ToyFlow, address: str, module: object) -> None:
        replacing(self, address, module)  # type: ignore[arg-type]
        if address == "net.to_k":
            module.register_forward_hook(lambda *_: _[-1].detach())  # type: ignore[attr-defined]

    monkeypatch.setattr(ToyFlow, "replace", replaced)


def test_it_is_named(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    deafen(monkeypatch)
    with pytest.raises(RunError, match=r"net\.to_k learn nothing: no gradient reaches them"):
        list(train(job))


def test_all_that_hear_are_left_alone(job: Job) -> None:
    assert sum(isinstance(event, Stepped) for event in train(job)) == 1


def test_what_is_told_nothing_is_not_blamed(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every caption was dropped, what reads captions has nothing to learn from."""
    deafen(monkeypatch)
    silent = replace(job, recipe=replace(RECIPE, text=Text(dropout=0.9999)))
    assert sum(isinstance(event, Stepped) for event in train(silent)) == 1
