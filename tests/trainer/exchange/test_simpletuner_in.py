"""SimpleTuner's config.json and config.env, read as SimpleTuner reads them (bc8e6ab7)."""

import json
from typing import Any

import pytest

from tests.trainer.exchange.settings import ENV, simple_tuner
from trainer.errors import RecipeError
from trainer.exchange.formats import Imported, import_recipe
from trainer.exchange.keys import PLACE


def read(**typed: Any) -> Imported:
    return import_recipe(simple_tuner(**typed), "config.json")


def told(made: Imported) -> dict[str, str]:
    return {left.key: left.why for left in made.left if left.why != PLACE}


@pytest.mark.parametrize("dashes", ["", "--"])
def test_a_configuration_is_read_with_or_without_dashes(dashes: str) -> None:
    values = json.loads(simple_tuner(lora_alpha="8", base_model_precision="nf4-bnb", flux_guidance_value="3.5"))
    made = import_recipe(json.dumps({dashes + name: value for name, value in values.items()}), "config.json")
    recipe = made.recipe
    assert made.format == "SimpleTuner JSON"
    assert (recipe.lora.rank, recipe.lora.alpha, recipe.lora.targets) == (16, 8.0, "attention")
    assert (recipe.optim.lr, recipe.schedule.steps, recipe.schedule.epochs) == (1e-4, 1000, 0)
    assert (recipe.memory.quantization, recipe.flow.guidance) == ("nf4", 3.5)
    assert "a list of picture folders" in told(made)["data_backend_config"]


def test_what_is_left_out_is_simpletuners_default_not_ours() -> None:
    text = json.dumps({"model_family": "flux", "model_type": "lora"})
    recipe = import_recipe(text, "config.json").recipe
    assert (recipe.lora.rank, recipe.lora.alpha, recipe.optim.lr) == (16, 16.0, 4e-7)
    assert (recipe.schedule.batch, recipe.schedule.epochs, recipe.schedule.curve) == (4, 1, "constant")
    assert (recipe.optim.grad_clip, recipe.optim.weight_decay, recipe.buckets.resolution) == (2.0, 0.01, 1024)
    assert (recipe.flow.sampling, recipe.flow.shift, recipe.flow.guidance) == ("shift", 3.0, 1.0)
    assert (recipe.output.save_every, recipe.output.sample_every, recipe.output.keep_last) == (500, 100, 5)


def test_variables_of_a_shell_are_read() -> None:
    made = import_recipe(ENV, "config.env")
    recipe = made.recipe
    assert made.format == "SimpleTuner env"
    assert (recipe.lora.rank, recipe.lora.alpha, recipe.lora.targets) == (32, 16.0, "attention_mlp")
    assert (recipe.optim.lr, recipe.optim.optimizer, recipe.schedule.curve) == (2e-4, "adamw8bit", "polynomial")
    assert (recipe.schedule.steps, recipe.schedule.batch, recipe.output.save_every) == (1800, 2, 300)
    assert (recipe.memory.quantization, recipe.flow.sampling) == ("nf4", "flux_shift")
    assert import_recipe(ENV, "what is pasted").recipe == recipe


@pytest.mark.parametrize(
    ("typed", "sampling", "shift"),
    [
        ({}, "shift", 3.0),
        ({"flow_schedule_shift": 0}, "sigmoid", 0.0),
        ({"flow_schedule_shift": 1.5}, "shift", 1.5),
        ({"flow_schedule_shift": 1, "flow_schedule_auto_shift": True}, "sigmoid", 0.0),
        ({"flow_schedule_shift": 0, "flow_schedule_auto_shift": True}, "flux_shift", 0.0),
        ({"flow_use_uniform_schedule": True, "flow_schedule_shift": 0}, "uniform", 0.0),
    ],
)
def test_noise_levels_are_drawn_as_there(typed: dict[str, Any], sampling: str, shift: float) -> None:
    flow = read(**typed).recipe.flow
    assert (flow.sampling, flow.shift) == (sampling, shift)


@pytest.mark.parametrize(
    ("precision", "ours", "is_told"),
    [
        ("no_change", "none", False),
        ("nf4-bnb", "nf4", False),
        ("int8-quanto", "int8", False),
        ("fp8-torchao", "fp8", False),
        ("int4-quanto", "nf4", True),
        ("int2-quanto", "nf4", True),
        ("something", "none", True),
    ],
)
def test_precisions_of_the_base(precision: str, ours: str, is_told: bool) -> None:
    made = read(base_model_precision=precision)
    assert made.recipe.memory.quantization == ours
    assert ("base_model_precision" in told(made)) == is_told


def test_targets_optimizers_and_curves_have_their_own_words() -> None:
    for theirs, ours in (("all", "attention"), ("all+ffs", "attention_mlp"), ("ai-toolkit", "all")):
        assert read(flux_lora_target=theirs).recipe.lora.targets == ours
    assert "flux_lora_target" in told(read(flux_lora_target="tiny"))
    made = read(optimizer="optimi-lion", lr_scheduler="sine", lr_warmup_steps=50, grad_clip_method="norm")
    assert (made.recipe.optim.optimizer, made.recipe.optim.beta2) == ("lion8bit", 0.99)
    assert (made.recipe.schedule.curve, made.recipe.schedule.warmup) == ("cosine", 50)
    assert set(told(made)) >= {"optimizer", "lr_scheduler"}
    assert "grad_clip_method" not in told(made)


def test_areas_are_sides() -> None:
    assert read(resolution=1.0, resolution_type="area").recipe.buckets.resolution == 1024
    assert read(resolution=0.25, resolution_type="area").recipe.buckets.resolution == 512
    assert read(resolution=768).recipe.buckets.resolution == 768


def test_a_bad_value_is_told_and_sinks_no_file() -> None:
    made = read(learning_rate="fast", train_batch_size=0, resolution=9, lr_scheduler="zigzag", nonsense=3)
    recipe = made.recipe
    assert (recipe.optim.lr, recipe.schedule.batch, recipe.buckets.resolution) == (4e-7, 4, 1024)
    assert {"learning_rate", "train_batch_size", "resolution", "lr_scheduler", "nonsense"} <= set(told(made))


def test_what_is_no_lora_of_a_picture_is_refused() -> None:
    with pytest.raises(RecipeError, match="trains a ControlNet"):
        read(controlnet=True)
    with pytest.raises(RecipeError, match=r"trains FLUX\.1 by model_type 'full'"):
        read(model_type="full")


def test_a_warmup_counts_where_the_rate_has_one_and_epochs_make_room_for_it() -> None:
    made = read(lr_scheduler="constant", lr_warmup_steps=200, max_train_steps=1000)
    assert made.recipe.schedule.warmup == 0 and "lr_warmup_steps" in told(made)
    assert read(lr_scheduler="constant_with_warmup", lr_warmup_steps=200).recipe.schedule.warmup == 200
    assert (
        read(lr_scheduler="cosine", lr_warmup_steps=2000, max_train_steps=0, num_train_epochs=50).recipe.schedule.warmup
        == 2000
    )


def test_flux2_has_sides_in_steps_of_its_latents() -> None:
    fine = read(model_family="flux2", model_flavour="klein-4b", aspect_bucket_alignment=24, resolution=512)
    assert fine.recipe.buckets.step == 16 and "aspect_bucket_alignment" in told(fine)
    assert read(model_family="flux", aspect_bucket_alignment=24, resolution=512).recipe.buckets.step == 24
