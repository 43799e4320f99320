"""Presets are whole recipes whose rank, alpha and lr stand together with their source."""

import tomllib
from pathlib import Path

import pytest

import trainer.recipe.presets as presets
from trainer.errors import RecipeError
from trainer.families.recipe_fit import check_recipe
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
    sizes = [PRESETS[f"SDXL on {size} GB"].recipe for size in (24, 16, 12, 8, 6)]
    resolutions = [recipe.buckets.resolution for recipe in sizes]
    assert resolutions == sorted(resolutions, reverse=True)
    assert all(recipe.optim.optimizer == "adamw8bit" for recipe in sizes[1:])
    assert len({recipe.schedule.steps * recipe.schedule.batch * recipe.schedule.accumulation for recipe in sizes}) == 1


def test_every_family_has_a_preset_that_is_taken_where_nobody_chose() -> None:
    for spec in FAMILIES:
        preset = PRESETS[fitting_preset(spec.name)]
        assert spec.name in (preset.family, f"{preset.family}_{spec.name.removeprefix(preset.family + '_')}")
        check_recipe(spec, preset.recipe)
    with pytest.raises(RecipeError, match="no preset for bases of the family 'toy'"):
        fitting_preset("toy")


def test_the_guides_flux_block_is_the_guides() -> None:
    recipe = PRESETS["FLUX character (guide)"].recipe
    assert (recipe.schedule.steps, recipe.schedule.batch, recipe.optim.lr) == (1500, 1, 4e-4)
    assert (recipe.lora.rank, recipe.lora.alpha, recipe.lora.targets) == (16, 16.0, "all")
    assert (recipe.optim.optimizer, recipe.memory.precision, recipe.output.sample_every) == ("adamw8bit", "bf16", 250)
    assert (recipe.buckets.resolution, recipe.buckets.also) == (1024, ())
    assert PRESETS["FLUX gentle"].recipe.optim.lr == 1e-4


def test_the_first_of_each_flow_family_is_taken_where_nobody_chose() -> None:
    named = {family: fitting_preset(family) for family in ("flux1", "z_image", "flux2", "flux1_schnell")}
    assert named == {
        "flux1": "FLUX character (guide)",
        "z_image": "Z-Image",
        "flux2": "FLUX.2 klein",
        "flux1_schnell": "FLUX character (guide)",
    }


FLOW = [preset.recipe for preset in PRESETS.values() if preset.family in ("flux1", "z_image", "flux2")]


def test_presets_of_flow_bases_hold_nothing_that_is_for_noise() -> None:
    assert len(FLOW) >= 8
    for recipe in FLOW:
        assert (recipe.loss.min_snr_gamma, recipe.loss.noise_offset, recipe.text.clip_skip) == (0, 0, 1)
        assert (recipe.text.encoder_lr, recipe.memory.precision, recipe.flow.guidance) == (0, "bf16", 1.0)
        assert recipe.flow.sampling and recipe.output.samples


def test_flux_in_less_memory_asks_for_less_and_shows_as_much() -> None:
    sizes = [PRESETS[f"FLUX on {size} GB"].recipe for size in (24, 16, 12, 8)]
    bits = [{"int8_w8a8": 8, "nf4": 4}[recipe.memory.quantization] for recipe in sizes]
    assert bits == sorted(bits, reverse=True)
    resolutions = [recipe.buckets.resolution for recipe in sizes]
    assert resolutions == sorted(resolutions, reverse=True)
    assert not any(recipe.memory.swapped_blocks for recipe in sizes)
    assert all(recipe.memory.gradient_checkpointing for recipe in sizes)
    assert {recipe.schedule.steps * recipe.schedule.accumulation for recipe in sizes} == {1500}


def test_every_preset_is_one_that_its_family_takes() -> None:
    titles = {spec.name: spec for spec in FAMILIES}
    for preset in PRESETS.values():
        if preset.family in titles:
            check_recipe(titles[preset.family], preset.recipe)
