"""What a run needs of a GPU is told phase by phase beside what is free, with what makes it fit and what cards need."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from tests.conftest import write_tiny_dataset
from trainer.errors import RunError
from trainer.families.base import Base
from trainer.families.registry import describe_base
from trainer.planning.memory import MemoryOutlook, memory_json, memory_outlook
from trainer.planning.plan import Plan, plan_run
from trainer.planning.words import plan_json, plan_lines
from trainer.recipe.buckets import Buckets
from trainer.recipe.flow import Flow
from trainer.recipe.lora import Lora
from trainer.recipe.loss import Loss
from trainer.recipe.memory import Memory
from trainer.recipe.optim import Schedule
from trainer.recipe.recipe import Recipe
from trainer.training.job import Job
from trainer.training.memory.cards import solved
from trainer.training.memory.changes import change_that_fits
from trainer.training.memory.free import DeviceMemory
from trainer.training.memory.machine import Machine
from trainer.training.memory.planner import Planner

RECIPE = Recipe(
    lora=Lora(rank=2, alpha=2.0, targets="attention_mlp"),
    schedule=Schedule(steps=4, batch=2),
    loss=Loss(min_snr_gamma=0.0),
    buckets=Buckets(resolution=64, step=16, shortest=32, longest=128),
    memory=Memory(precision="fp32"),
    flow=Flow(text_tokens=64),
)
SIZE = (64, 64)
EXACT = Machine(context=0, work=0, factor=1.0)


@pytest.fixture(scope="module")
def flux(tiny_flux_home: Path) -> Iterator[Base]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMFYUI_PATH", str(tiny_flux_home))
        yield describe_base(tiny_flux_home / "models" / "diffusion_models" / "tiny-flux.safetensors")


@pytest.fixture(scope="module")
def planner(flux: Base) -> Planner:
    return Planner(flux, SIZE, machine=EXACT)


@pytest.fixture
def job(flux: Base, tmp_path: Path) -> Job:
    dataset = write_tiny_dataset(tmp_path / "set", sizes=(SIZE,))
    return Job(recipe=RECIPE, dataset=dataset, base=flux, run=tmp_path / "run", name="sage", device="cuda")


def test_phases_have_what_they_hold(planner: Planner) -> None:
    plan = planner.plan(RECIPE)
    names = ["loading", "captions", "latents", "first step", "training", "held-out pictures", "samples"]
    assert [phase.name for phase in plan.phases] == names
    assert "text encoders" not in plan.phase("training").parts
    assert plan.phase("first step").parts.get("optimizer", 0) == 0
    assert plan.phase("training").parts["optimizer"] == 2 * plan.phase("training").parts["LoRA"]
    shuffled = planner.plan(replace(RECIPE, text=replace(RECIPE.text, shuffle=True)))
    assert shuffled.phase("training").parts["text encoders"] > 0
    prior = planner.plan(replace(RECIPE, prior=replace(RECIPE.prior, images=3)))
    assert prior.phase("captions").parts["weights"] == plan.phase("loading").parts["weights"]


@pytest.mark.slow
def test_settings_save_where_they_should(planner: Planner) -> None:
    def parts(**settings: Any) -> Any:
        memory = replace(RECIPE.memory, **settings)
        return planner.plan(replace(RECIPE, memory=memory)).phase("training").parts

    plain, packed = parts(), parts(quantization="nf4")
    assert packed["weights"] < 0.35 * plain["weights"]
    assert parts(gradient_checkpointing=False)["activations"] > 1.5 * plain["activations"]
    # 2 × 6 and 2 × 3 times the width square and as many biases.
    assert plain["weights"] - parts(precompute_modulation=True)["weights"] == 18 * (128 * 128 + 128) * 4
    # The two buffers take as much as these three blocks.
    assert parts(swapped_blocks=3)["weights"] == plain["weights"]


def test_the_least_costly_change_that_fits_is_found(planner: Planner) -> None:
    free = replace(RECIPE, memory=replace(RECIPE.memory, gradient_checkpointing=False))
    plan = planner.plan(free)
    words: list[str] = []
    for share in (0.97, 0.01):
        change = change_that_fits(planner, free, round(plan.needed * share))
        words.append(change.words if change else "")
        assert change is None or planner.plan(change.recipe, change.size).needed <= plan.needed * share
    assert words[-1] == ""
    assert any("gradient_checkpointing on" in each or "precompute_modulation" in each for each in words[:-1])


@pytest.mark.slow
def test_a_card_gets_the_most_exact_settings_that_fit(planner: Planner) -> None:
    plenty = solved(planner, RECIPE, 10**9)
    assert plenty is not None
    assert (plenty.memory, plenty.schedule.batch) == (Memory(gradient_checkpointing=False), 2)
    kinds: list[int] = []
    for free in range(3_000_000, 8_000_000, 1_000_000):
        found = solved(planner, RECIPE, free)
        if found is not None:
            assert planner.plan(found).needed <= free
            kinds.append(("none", "int8_w8a8", "int8", "nf4").index(found.memory.quantization))
    assert kinds and kinds == sorted(kinds, reverse=True)
    assert solved(planner, RECIPE, 1000) is None


@pytest.fixture
def outlook(job: Job, monkeypatch: pytest.MonkeyPatch) -> MemoryOutlook:
    """Of a tiny base, counted as a large one is, on a GPU with 700 MB free."""
    device = DeviceMemory(total=2 * 10**9, free=7 * 10**8, ours=0)
    monkeypatch.setattr("trainer.planning.memory._LARGE", 1)
    monkeypatch.setattr("trainer.planning.memory.device_memory", lambda _: device)
    monkeypatch.setattr("trainer.planning.memory.solved", lambda *_: None)
    monkeypatch.setattr("trainer.planning.memory.machine_on", lambda *_: Machine())
    found = memory_outlook(job, SIZE, beside=False)
    assert found is not None
    return found


def test_the_figures_are_for_a_page(outlook: MemoryOutlook) -> None:
    said = memory_json(outlook)
    assert [phase["name"] for phase in said["phases"]][-3:] == ["training", "held-out pictures", "samples"]
    assert all(phase["total"] == sum(phase["parts"].values()) for phase in said["phases"])
    assert said["free"] == 7 * 10**8 + Machine().context
    assert (said["fits"], said["change"]) == (True, "")
    assert said["cards"] == {
        "6": "too small",
        "8": "too small",
        "12": "too small",
        "16": "too small",
        "24": "too small",
    }


def test_a_plan_says_it(job: Job, outlook: MemoryOutlook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.planning.plan.memory_outlook", lambda *_, **__: outlook)
    plan = planned(job, measures=False)
    lines = "\n".join(plan_lines(plan))
    assert "GPU memory: " in lines and "are free." in lines
    assert "In other phases: loading " in lines
    assert "What cards need: 6 GB: too small; 8 GB: " in lines
    assert plan_json(plan)["memory"]["peak"] > 600 * 2**20


def test_what_does_not_fit_is_told_and_not_tried(
    job: Job, outlook: MemoryOutlook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A warm-up would only fill the card, and the plan with its advice would be lost."""
    small = replace(outlook, free=10**8, change="quantization nf4")
    monkeypatch.setattr("trainer.planning.plan.memory_outlook", lambda *_, **__: small)
    monkeypatch.setattr("trainer.planning.plan.warm_up", lambda *_: pytest.fail("it was tried"))
    plan = planned(job, measures=True)
    assert plan.warm_up is None
    assert plan.warnings[0].endswith("cuda has 95 MiB of 1.9 GiB free. What makes it fit: quantization nf4.")
    small = replace(small, change="")
    assert planned(job, measures=True).warnings[0].endswith("Choose a smaller base.")


def planned(job: Job, *, measures: bool) -> Plan:
    work = plan_run(job, measures=measures)
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def test_a_warm_up_that_fills_the_card_says_what_helps(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    def fills(*_: Any) -> Iterator[None]:
        raise torch.OutOfMemoryError("CUDA out of memory")
        yield

    monkeypatch.setattr("trainer.planning.plan.memory_outlook", lambda *_, **__: None)
    monkeypatch.setattr("trainer.planning.plan.warm_up", fills)
    monkeypatch.setattr("trainer.planning.plan.change_for", lambda _: "quantization int8_w8a8")
    with pytest.raises(
        RunError, match="memory of cuda is full.*What makes it fit, by the plan: quantization int8_w8a8"
    ):
        planned(job, measures=True)
    monkeypatch.setattr("trainer.planning.plan.change_for", lambda _: "")
    with pytest.raises(RunError, match="memory of cuda is full.*What helps: "):
        planned(job, measures=True)


def test_small_bases_are_not_counted(job: Job) -> None:
    assert memory_outlook(job, SIZE, beside=False) is None


def test_what_is_free_counts_what_this_process_has_already(monkeypatch: pytest.MonkeyPatch) -> None:
    from trainer.training.memory.free import device_memory

    assert device_memory("cpu") is None
    fake = SimpleNamespace(is_available=lambda: True, mem_get_info=lambda _: (3, 10), memory_reserved=lambda _: 2)
    monkeypatch.setattr(torch, "cuda", fake)
    found = device_memory("cuda:0")
    assert found is not None
    assert (found.for_a_run(1), found.for_a_run(100), found.others) == (6, 10, 5)
