"""Presets are whole recipes whose rank, alpha and lr stand together with their source."""

import tomllib
from pathlib import Path

import pytest

import trainer.recipe.presets as presets
from trainer.errors import RecipeError
from trainer.families.registry import FAMILIES
from trainer.recipe.presets import PRESETS, fitting_preset

ENTRIES = tomllib.loads(Path(presets.__file__).with_suffix(".toml").read_text(encoding="utf-8"))["preset"]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["name"])
def test_a_preset_says_rank_alpha_and_rate_itself_and_where_they_are_from(entry: dict[str, dict[str, float]]) -> None:
    assert {"rank", "alpha"} <= set(entry["lora"])
    assert "lr" in entry["optim"]
    assert len(str(entry["source"])) > 20 and len(str(entry["when"])) > 20


def test_the_guides_block_is_the_guides() -> None:
    recipe = PRESETS["SDXL character (guide)"].recipe
    assert (recipe.lora.rank, recipe.lora.alpha, recipe.optim.lr) == (32, 16.0, 1e-4)
    assert (recipe.optim.optimizer, recipe.schedule.curve, recipe.schedule.cycles) == (
        "adamw8bit",
        "cosine_with_restarts",
        3,
    )
    assert (recipe.schedule.batch, recipe.schedule.accumulation, recipe.loss.min_snr_gamma) == (1, 4, 5.0)
    assert (recipe.buckets.resolution, recipe.buckets.shortest, recipe.buckets.longest) == (1024, 512, 2048)
    assert (recipe.memory.precision, recipe.output.precision, recipe.prior.weight) == ("bf16", "fp16", 1.0)


def test_the_guides_use_cases_are_there() -> None:
    named = {name: preset.recipe for name, preset in PRESETS.items()}
    assert named["3D render to photo"].lora.rank == 32
    assert 48 <= named["Anime or stylised"].lora.rank <= 64
    assert named["Anime or stylised"].optim.lr == 8e-5
    assert named["Video-ready"].lora.rank == 24
    passes = {name: recipe.schedule.steps * recipe.schedule.accumulation for name, recipe in named.items()}
    assert passes["3D render to photo"] < passes["Video-ready"] < passes["Anime or stylised"]
    assert named["Pony"].optim.lr == 1.0
    assert named["Illustrious"].text.encoder_lr == pytest.approx(named["Illustrious"].optim.lr / 10)


def test_less_memory_asks_for_less() -> None:
    sizes = [PRESETS[f"SDXL on {size} GB"].recipe for size in (24, 16, 12, 8)]
    resolutions = [recipe.buckets.resolution for recipe in sizes]
    assert resolutions == sorted(resolutions, reverse=True)
    assert all(recipe.optim.optimizer == "adamw8bit" for recipe in sizes[1:])
    assert len({recipe.schedule.steps * recipe.schedule.batch * recipe.schedule.accumulation for recipe in sizes}) == 1


def test_every_family_has_a_preset_that_is_taken_where_nobody_chose() -> None:
    assert {spec.name: PRESETS[fitting_preset(spec.name)].family for spec in FAMILIES} == {
        spec.name: spec.name for spec in FAMILIES
    }
    with pytest.raises(RecipeError, match="no preset for bases of the family 'toy'"):
        fitting_preset("toy")
