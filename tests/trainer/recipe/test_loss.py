"""Rules of the loss."""

import pytest

from trainer.errors import RecipeError
from trainer.recipe.loss import Loss
from trainer.recipe.recipe import Recipe


def test_a_recipe_from_before_these_settings_is_the_same_recipe() -> None:
    data = Recipe().to_json()
    data["loss"] = {"min_snr_gamma": 5.0}
    assert Recipe.from_json(data) == Recipe()


def test_two_weightings_are_refused_in_one_sentence() -> None:
    with pytest.raises(RecipeError, match=r"debiased is on beside min_snr_gamma 5.0"):
        Recipe(loss=Loss(debiased=True))
    assert Recipe(loss=Loss(debiased=True, min_snr_gamma=0)).loss.debiased


def test_all_faults_of_a_loss_are_named_at_once() -> None:
    wrong = Loss(kind="l3", huber_c=0, huber_schedule="steps", noise_offset=2, mask_floor=-1)  # type: ignore[arg-type]
    with pytest.raises(RecipeError) as caught:
        Recipe(loss=wrong)
    words = ("loss kind", "huber_c", "huber_schedule", "noise_offset", "mask_floor")
    assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize("name", ["min_snr_gamma", "huber_c", "noise_offset", "mask_floor"])
def test_nan_is_refused(name: str) -> None:
    with pytest.raises(RecipeError, match=name):
        Recipe(loss=Loss(**{name: float("nan")}))
