import pytest

from trainer.errors import RecipeError
from trainer.recipe.recipe import Lora, Optim, Recipe, Schedule


def test_a_recipe_survives_json() -> None:
    recipe = Recipe(lora=Lora(rank=32, alpha=16), schedule=Schedule(steps=10, warmup=2), seed=7)
    assert Recipe.from_json(recipe.to_json()) == recipe


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(RecipeError) as caught:
        Recipe(lora=Lora(rank=0), optim=Optim(lr=2.0), schedule=Schedule(steps=0))
    assert all(word in str(caught.value) for word in ("rank is 0", "lr is 2.0", "steps is 0"))


@pytest.mark.parametrize("path", [("lora", "rnak"), ("schedule", "epochs")])
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
