from typing import Any

import pytest

from trainer.errors import RecipeError
from trainer.recipe.lora import Lora
from trainer.recipe.optim import Optim, Schedule
from trainer.recipe.recipe import Recipe


def test_a_recipe_survives_json() -> None:
    recipe = Recipe(lora=Lora(rank=32, alpha=16), schedule=Schedule(steps=10, warmup=2), seed=7)
    assert Recipe.from_json(recipe.to_json()) == recipe


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(RecipeError) as caught:
        Recipe(lora=Lora(rank=0), optim=Optim(lr=2.0), schedule=Schedule(steps=0))
    assert all(word in str(caught.value) for word in ("rank is 0", "lr is 2.0", "steps is 0"))


@pytest.mark.parametrize("path", [("lora", "rnak"), ("schedule", "epoch")])
def test_an_unknown_key_is_refused_at_any_depth(path: tuple[str, str]) -> None:
    data = Recipe().to_json()
    data[path[0]][path[1]] = 1
    with pytest.raises(RecipeError, match=path[1]):
        Recipe.from_json(data)


def test_an_unknown_part_is_refused() -> None:
    with pytest.raises(RecipeError, match="'network'"):
        Recipe.from_json({**Recipe().to_json(), "network": {}})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_a_learning_rate_that_is_no_rate_is_refused(value: float) -> None:
    with pytest.raises(RecipeError, match="lr"):
        Recipe(optim=Optim(lr=value))


@pytest.mark.parametrize(
    ("optim", "schedule", "said"),
    [
        ({"optimizer": "sgd"}, {}, "optimizer is 'sgd'; use 'adamw' or"),
        ({"optimizer": "prodigy"}, {}, "lr is 0.0001 with prodigy, which finds the rate itself"),
        ({"optimizer": "adafactor", "beta1": 0.5}, {}, "betas are .* with adafactor"),
        ({"optimizer": "lion8bit"}, {}, "beta2 is 0.999 with lion8bit"),
        ({"optimizer": "schedulefree"}, {}, "curve is 'cosine' with schedulefree"),
        ({"optimizer": "schedulefree", "beta1": 0.0}, {"curve": "constant"}, "beta1 is 0 with schedulefree"),
        ({}, {"curve": "sine"}, "curve is 'sine'"),
        ({}, {"lr_floor": 1.5}, "lr_floor is 1.5"),
        ({}, {"power": 0.0}, "power is 0.0"),
        ({}, {"cycles": 0}, "cycles is 0"),
        ({}, {"curve": "cosine_with_restarts", "steps": 4, "warmup": 2}, "cycles is 3 in 2 steps after warmup"),
        ({"weight_decay": float("nan")}, {}, "weight_decay is nan"),
        ({"grad_clip": float("nan")}, {}, "grad_clip is nan"),
    ],
)
def test_what_does_not_go_together_is_one_sentence(optim: dict[str, Any], schedule: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError, match=said) as caught:
        Recipe(optim=Optim(**optim), schedule=Schedule(**schedule))
    assert "\n" not in str(caught.value)


def test_an_older_recipe_reads_as_it_was_meant() -> None:
    data = Recipe().to_json()
    del data["optim"]["optimizer"]
    for key in ("lr_floor", "power", "cycles"):
        del data["schedule"][key]
    assert Recipe.from_json(data) == Recipe()
