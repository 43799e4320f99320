"""Every number of a recipe is found again in the live objects that training works with, or in what it does."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.conftest import write_tiny_dataset
from tests.trainer.training.test_flow_settings_reach import CHECKS as FLOW_CHECKS
from tests.trainer.training.test_parity import RECIPE, train_step_on
from trainer.dataset.dataset import Dataset
from trainer.families.base import Base
from trainer.families.family import Family
from trainer.recipe.recipe import Recipe
from trainer.training.data.training_set import TrainingSet
from trainer.training.step.schedule import lr_at
from trainer.training.step.train_step import TrainStep

Live = tuple[Family, TrainStep, TrainingSet]
Check = tuple[dict[str, Any], Callable[[Live, Recipe], bool]]


def inner(live: Live) -> Any:
    return live[1].optimizer.inner


def layer(live: Live, part: str = "unet", kernel: int = 2) -> Any:
    for address, each in live[1].adapter.layers.items():
        weight: torch.Tensor = each.base_layer.weight  # type: ignore[assignment]
        if address.startswith(part) and (weight.shape[-1] == 3) == (kernel == 4) and weight.ndim == kernel:
            return each
    raise AssertionError(f"no layer of {part}")


CHECKS: dict[str, Check] = {
    "lora.rank": ({"rank": 6}, lambda live, _: layer(live).down.shape[0] == 6),
    "lora.alpha": ({"alpha": 3.0}, lambda live, _: layer(live).scale == 0.75),
    "lora.targets": ({"targets": "attention_mlp"}, lambda live, _: any("ff.net" in name for name in names(live))),
    "lora.kind": ({"kind": "dora"}, lambda live, _: layer(live).magnitude is not None),
    "lora.conv_rank": (
        {"conv_rank": 3, "targets": "attention_mlp_conv"},
        lambda live, _: layer(live, kernel=4).down.shape[0] == 3,
    ),
    "lora.conv_alpha": (
        {"conv_alpha": 1.0, "targets": "attention_mlp_conv"},
        lambda live, _: layer(live, kernel=4).alpha == 1.0,
    ),
    "lora.rank_by_timestep": ({"rank_by_timestep": True}, lambda live, _: live[1].adapter._rank == 4),
    "optim.optimizer": ({"optimizer": "adafactor"}, lambda live, _: "Adafactor" in type(inner(live)).__name__),
    "optim.lr": ({"lr": 7e-4}, lambda live, _: live[1]._lrs(0) == [7e-4]),
    "optim.weight_decay": ({"weight_decay": 0.3}, lambda live, _: inner(live).param_groups[0]["weight_decay"] == 0.3),
    "optim.beta1": ({"beta1": 0.7}, lambda live, _: inner(live).param_groups[0]["betas"][0] == 0.7),
    "optim.beta2": ({"beta2": 0.95}, lambda live, _: inner(live).param_groups[0]["betas"][1] == 0.95),
    "optim.grad_clip": ({"grad_clip": 0.5}, lambda live, _: live[1].optimizer._optim.grad_clip == 0.5),
    "optim.ema_decay": ({"ema_decay": 0.9}, lambda live, _: len(live[1].optimizer._ema) == 1),
    "text.encoder_lr": (
        {"encoder_lr": 5e-4},
        lambda live, _: (
            live[1]._lrs(0)[1] == pytest.approx(5e-4) and any(name.startswith("te1.") for name in names(live))
        ),
    ),
    "text.encoder_steps": (
        {"encoder_lr": 5e-4, "encoder_steps": 2},
        lambda live, _: live[1]._lrs(1)[1] > 0 and live[1]._lrs(2)[1] == 0,
    ),
    "text.dropout": ({"dropout": 0.99}, lambda live, _: captions(live).count("") > 20),
    "text.shuffle": ({"shuffle": True, "keep_tokens": 0}, lambda live, _: len(set(captions(live))) > 3),
    "text.keep_tokens": (
        {"shuffle": True, "keep_tokens": 1},
        lambda live, _: all(said.startswith("sage_character") for said in captions(live)),
    ),
    "text.tag_dropout": ({"tag_dropout": 0.9}, lambda live, _: min(map(len, captions(live))) < 16),
    "schedule.steps": ({"steps": 40}, lambda _, recipe: lr_at(39, recipe.optim, recipe.schedule) > 0),
    "schedule.batch": ({"batch": 1}, lambda live, _: len(live[1]._shown.examples(0)) == 1),
    "schedule.accumulation": ({"accumulation": 3}, lambda live, _: pictures_an_update(live) >= 3),
    "schedule.curve": ({"curve": "constant"}, lambda live, _: live[1]._lrs(3) == [1e-3]),
    "schedule.warmup": ({"warmup": 2}, lambda live, _: live[1]._lrs(0) < live[1]._lrs(1)),
    "schedule.lr_floor": ({"lr_floor": 0.5}, lambda live, _: live[1]._lrs(3)[0] >= 5e-4),
    "schedule.power": (
        {"curve": "polynomial", "power": 2.0},
        lambda live, recipe: live[1]._lrs(2)[0] < lr_at(2, recipe.optim, replace(recipe.schedule, power=1.0)),
    ),
    "schedule.cycles": (
        {"curve": "cosine_with_restarts", "cycles": 2},
        lambda live, _: live[1]._lrs(2)[0] > live[1]._lrs(1)[0],
    ),
    "prior.images": ({"images": 2}, lambda live, _: len(live[2].prior) == 2),
    "prior.weight": ({"images": 2, "weight": 0.25}, lambda live, _: live[2].prior[0].weight == 0.25),
    "prior.output_weight": ({"output_weight": 1.0}, lambda live, _: predictions_an_update(live) == 3),
    "prior.delta_l2": ({"delta_l2": 5.0}, lambda live, _: penalised(live)),
    "buckets.resolution": (
        {"resolution": 96},
        lambda live, _: max(sizes(live))[0] >= 96,
    ),
    "buckets.step": ({"step": 32}, lambda live, _: all(side % 32 == 0 for size in sizes(live) for side in size)),
    "buckets.shortest": ({"shortest": 64, "step": 64}, lambda live, _: set(sizes(live)) == {(64, 64)}),
    "buckets.longest": ({"longest": 64}, lambda live, _: max(side for size in sizes(live) for side in size) == 64),
    "buckets.also": ({"also": (32, 48)}, lambda live, _: {(32, 32), (48, 48)} <= set(sizes(live))),
    "memory.precision": ({"precision": "bf16"}, lambda live, _: live[0].dtype == torch.bfloat16),
    "memory.gradient_checkpointing": (
        {"gradient_checkpointing": True},
        lambda live, _: live[0].denoiser.is_gradient_checkpointing,  # type: ignore[attr-defined]
    ),
    "memory.cache": ({"cache": "disk"}, lambda live, _: live[2].cache._folder is not None),
}
ELSEWHERE = {
    "lora.factor": "tests/trainer/lora: the size of LoKr's blocks",
    "loss": "tests/trainer/families/test_sdxl.py: no two recipes give the same loss",
    "text.clip_skip": "tests/trainer/families/test_checkpoint.py: an earlier layer",
    "schedule.epochs": "test_reach.py: counted out in steps",
    "schedule.warmup_share": "tests/trainer/dataset/test_step_budget.py: counted out with the steps",
    "text.encoder_share": "tests/trainer/dataset/test_step_budget.py: counted out with the steps",
    "early_stop.patience": "test_early_stop.py: the run ends at it",
    "early_stop.least_gain": "test_plateau.py: a rise of less is none",
    "flow.assistant_training": "tests/trainer/families/test_merged_assistant.py: merged at it",
    "flow.assistant_samples": "tests/trainer/lora/test_assistant.py: drawn at it",
    "memory.quantization": "tests/trainer/families/memory/test_quantised.py: packed weights, and runs on them",
    "memory.text_quantization": "tests/trainer/families/memory: text encoders read packed",
    "memory.swapped_blocks": "tests/trainer/families/memory/test_same_numbers.py: blocks rest, and only two are held",
    "memory.checkpointed_blocks": "tests/trainer/families/memory/test_same_numbers.py: those keep their inputs alone",
    "memory.offload_activations": "tests/trainer/families/memory/test_same_numbers.py: another copy is kept",
    "memory.precompute_modulation": "tests/trainer/families/memory/test_same_numbers.py: modulation rests",
    "memory.compile": "tests/trainer/families/memory/test_compiled.py: blocks run what was made of them",
    "memory.keep_attention": "tests/trainer/families/memory/test_same_numbers.py: attention's answers are kept",
    "memory.checkpoint_as_needed": "test_settle.py: as few recompute as memory demands",
    "memory.deterministic": "test_train_options.py: the process's switches",
    "output": "test_train.py and test_train_options.py: what a run leaves behind",
    "seed": "test_train.py: other bytes",
    "seeds": "test_train_options.py: a run a seed and their mean",
}


def names(live: Live) -> list[str]:
    return list(live[1].adapter.layers)


def captions(live: Live) -> list[str]:
    train_step, seen = live[1], list[str]()
    for number in range(16):
        items = train_step._shown.examples(number)
        source = torch.Generator().manual_seed(number)
        seen += train_step._shown.captions(items, number, source)
    return seen


def sizes(live: Live) -> list[tuple[int, int]]:
    return [item.placement.bucket for item in live[2].train]


def pictures_an_update(live: Live) -> int:
    train_step, parts = live[1], list[int]()
    backward = train_step._micro_batch
    train_step._micro_batch = lambda number: (lambda made: (parts.append(len(made[0])), made)[1])(backward(number))  # type: ignore[method-assign]
    train_step.update(0)
    return sum(parts)


def predictions_an_update(live: Live) -> int:
    family, count = live[0], list[int]()
    predict = family.predict
    family.predict = lambda *given: (count.append(1), predict(*given))[1]  # type: ignore[method-assign]
    live[1].update(1)
    return len(count)


def penalised(live: Live) -> bool:
    """The penalty's gradient alone shrinks B: with it an update's gradient has a part along B."""
    train_step = live[1]
    square = float(train_step.adapter.square_norm().detach())
    for step in range(3):
        train_step.update(step)
    return float(train_step.adapter.square_norm().detach()) < square


_ALSO_WITHOUT = ("schedule.steps", "lora.conv_rank", "lora.conv_alpha", "text.keep_tokens")
"""Which the plain recipe answers too: its steps end elsewhere, it has no convolutions, its captions never change."""
_UPDATES = ("schedule.accumulation", "prior.output_weight", "prior.delta_l2")
"""Whose checks train what they look at, and so need a plain one of their own."""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The training pictures alone: nothing here looks at the held-out ones."""
    dataset = write_tiny_dataset(tmp_path_factory.mktemp("pictures"))
    return dataset.with_samples(dataset.train)


@pytest.fixture(scope="module")
def plain(tiny_base: Base, pictures: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Live:
    """What trains by the recipe as it is, to be looked at only."""
    return train_step_on(tiny_base, pictures, RECIPE, tmp_path_factory.mktemp("plain"))


@pytest.mark.parametrize("place", CHECKS)
def test_a_setting_is_read_back_from_what_trains(
    place: str, plain: Live, tiny_base: Base, pictures: Dataset, tmp_path: Path
) -> None:
    change, is_there = CHECKS[place]
    data = RECIPE.to_json()
    part, _, _ = place.partition(".")
    data[part] |= change
    recipe = Recipe.from_json(data)
    assert is_there(train_step_on(tiny_base, pictures, recipe, tmp_path), recipe)
    if place in _UPDATES:
        plain = train_step_on(tiny_base, pictures, RECIPE, tmp_path / "plain")
    if place not in _ALSO_WITHOUT:
        assert not _holds(is_there, plain, RECIPE), "the check also holds without the setting"


def _holds(is_there: Callable[[Live, Recipe], bool], live: Live, recipe: Recipe) -> bool:
    try:
        return bool(is_there(live, recipe))
    except (IndexError, AttributeError):
        return False


def test_no_setting_is_left_out() -> None:
    every = set[str]()
    for part in fields(Recipe):
        value = getattr(RECIPE, part.name)
        inner_fields = (
            [f"{part.name}.{each.name}" for each in fields(value)] if hasattr(value, "__dataclass_fields__") else []
        )
        every |= set(inner_fields or [part.name])
    told = {
        place
        for place in every
        if place in CHECKS or place in FLOW_CHECKS or place in ELSEWHERE or place.partition(".")[0] in ELSEWHERE
    }
    assert every - told == set()
