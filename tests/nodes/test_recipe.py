"""Presets with numbers of one's own."""

from collections.abc import Callable
from typing import Any

import pytest

Pack = Callable[[str], Any]


def test_untouched_numbers_leave_the_preset_as_it_is(pack: Pack) -> None:
    for preset in pack("trainer.recipe.presets").PRESETS.values():
        assert pack("nodes.recipe").changed(preset.recipe) == preset.recipe


def test_the_demo_preset_is_the_demos_recipe(pack: Pack) -> None:
    made = pack("nodes.recipe").TrainingRecipe.execute(preset="Demo").args[0]
    assert made == pack("trainer.demo.settings").demo_recipe()


def test_alpha_follows_a_new_rank(pack: Pack) -> None:
    recipe = pack("nodes.recipe").changed(_guide(pack), rank=64)
    assert (recipe.lora.rank, recipe.lora.alpha) == (64, 32.0)


def test_every_number_reaches_its_part(pack: Pack) -> None:
    recipe = pack("nodes.recipe").changed(
        _guide(pack),
        steps=7,
        rank=8,
        learning_rate=0.003,
        seed=5,
        alpha=2.0,
        batch=3,
        accumulation=2,
        prior_images=0,
        min_snr_gamma=0.0,
        targets="attention_mlp",
        precision="fp32",
        save_every=4,
        sample_every=0,
        sample_prompts="{trigger} one\n\n {trigger} two ",
    )
    assert (recipe.schedule.steps, recipe.schedule.batch, recipe.schedule.accumulation) == (7, 3, 2)
    assert (recipe.lora.rank, recipe.lora.alpha, recipe.lora.targets) == (8, 2.0, "attention_mlp")
    assert (recipe.optim.lr, recipe.seed, recipe.prior.images, recipe.loss.min_snr_gamma) == (0.003, 5, 0, 0.0)
    assert (recipe.output.save_every, recipe.output.sample_every) == (4, 0)
    assert recipe.output.samples == ("{trigger} one", "{trigger} two")
    assert recipe.memory.precision == "fp32"


def test_fewer_steps_than_warmup_still_make_a_recipe(pack: Pack) -> None:
    recipe = pack("nodes.recipe").TrainingRecipe.execute(preset="Demo", steps=3).args[0]
    assert recipe.schedule.warmup < recipe.schedule.steps == 3


def test_what_cannot_work_is_said_at_once(pack: Pack) -> None:
    with pytest.raises(pack("trainer.errors").RecipeError, match="alpha"):
        pack("nodes.recipe").changed(_guide(pack), alpha=-1.0)


def _guide(pack: Pack) -> Any:
    return pack("trainer.recipe.presets").PRESETS["SDXL character (guide)"].recipe
