"""Presets with numbers of one's own."""

from collections.abc import Callable
from typing import Any

import pytest

from ..conftest import PACK

Pack = Callable[[str], Any]


def test_untouched_numbers_leave_the_preset_as_it_is(pack: Pack) -> None:
    for preset in pack("trainer.recipe.presets").PRESETS.values():
        assert pack("nodes.train.recipe").changed(preset.recipe) == preset.recipe


def test_the_demo_preset_is_the_demos_recipe(pack: Pack) -> None:
    made = pack("nodes.train.recipe").TrainingRecipe.execute(preset="Demo").args[0]
    assert made == pack("trainer.demo.settings").demo_recipe()


def test_alpha_follows_a_new_rank(pack: Pack) -> None:
    recipe = pack("nodes.train.recipe").changed(_guide(pack), rank=64)
    assert (recipe.lora.rank, recipe.lora.alpha) == (64, 32.0)


def test_every_number_reaches_its_part(pack: Pack) -> None:
    recipe = pack("nodes.train.recipe").changed(
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
        optimizer="adamw8bit",
        schedule="cosine_with_restarts",
        warmup=2,
        cycles=4,
    )
    assert (recipe.optim.optimizer, recipe.schedule.curve) == ("adamw8bit", "cosine_with_restarts")
    assert (recipe.schedule.warmup, recipe.schedule.cycles) == (2, 4)
    assert (recipe.schedule.steps, recipe.schedule.batch, recipe.schedule.accumulation) == (7, 3, 2)
    assert (recipe.lora.rank, recipe.lora.alpha, recipe.lora.targets) == (8, 2.0, "attention_mlp")
    assert (recipe.optim.lr, recipe.seed, recipe.prior.images, recipe.loss.min_snr_gamma) == (0.003, 5, 0, 0.0)
    assert (recipe.output.save_every, recipe.output.sample_every) == (4, 0)
    assert recipe.output.samples == ("{trigger} one", "{trigger} two")
    assert recipe.memory.precision == "fp32"


def test_fewer_steps_than_warmup_still_make_a_recipe(pack: Pack) -> None:
    recipe = pack("nodes.train.recipe").TrainingRecipe.execute(preset="Demo", steps=3).args[0]
    assert recipe.schedule.warmup < recipe.schedule.steps == 3


def test_an_optimizer_brings_what_it_needs_unless_a_number_is_typed(pack: Pack) -> None:
    changed = pack("nodes.train.recipe").changed
    assert changed(_guide(pack), optimizer="prodigy").optim.lr == 1.0
    assert changed(_guide(pack), optimizer="prodigy", learning_rate=0.1).optim.lr == 0.1
    assert changed(_guide(pack), optimizer="schedulefree").schedule.curve == "constant"
    assert changed(_guide(pack), optimizer="lion8bit").optim.beta2 == 0.99
    assert changed(_guide(pack), optimizer="adafactor").optim.lr == _guide(pack).optim.lr
    refused = pack("trainer.errors").RecipeError
    with pytest.raises(refused, match="prodigy"):
        changed(_guide(pack), optimizer="prodigy", learning_rate=0.001)
    with pytest.raises(refused, match="schedulefree"):
        changed(_guide(pack), optimizer="schedulefree", schedule="rex")


def test_a_typed_warmup_is_not_cut_to_fit(pack: Pack) -> None:
    with pytest.raises(pack("trainer.errors").RecipeError, match="warmup is 9 of 3"):
        pack("nodes.train.recipe").changed(_guide(pack), steps=3, warmup=9)


def test_what_came_later_is_optional_and_last(pack: Pack) -> None:
    inputs = pack("nodes.train.recipe").TrainingRecipe.define_schema().inputs
    optional = [bool(part.options.get("optional")) for part in inputs]
    assert [part.id for part, later in zip(inputs, optional, strict=True) if later][:2] == ["optimizer", "schedule"]
    assert optional == sorted(optional)


def test_what_cannot_work_is_said_at_once(pack: Pack) -> None:
    with pytest.raises(pack("trainer.errors").RecipeError, match="alpha"):
        pack("nodes.train.recipe").changed(_guide(pack), alpha=-1.0)


def fields_of(recipe: Any) -> dict[tuple[str, str], Any]:
    """Every field of a recipe by part and name; the part of its own fields is empty."""
    data = recipe.to_json()
    parts = {
        (part, name): value for part, each in data.items() if isinstance(each, dict) for name, value in each.items()
    }
    return parts | {("", name): value for name, value in data.items() if not isinstance(value, dict)}


def test_every_number_of_a_recipe_has_its_widget(pack: Pack) -> None:
    widgets = {(widget.part, widget.field) for widget in pack("nodes.train.recipe_widgets").WIDGETS}
    assert widgets == set(fields_of(_guide(pack)))


OTHERS: dict[str, Any] = {
    "steps": 900,
    "seed": 5,
    "alpha": 3.0,
    "optimizer": "adafactor",
    "schedule": "polynomial",
    "conv_alpha": 4.0,
    "lokr_factor": 4,
    "rank_by_timestep": "on",
    "shuffle_tags": "on",
    "masked_loss": "on",
    "deterministic": "on",
    "tag_frequency": "off",
    "gradient_checkpointing": "off",
    "loss": "huber",
    "huber_schedule": "constant",
    "kind": "dora",
    "targets": "attention_mlp_conv",
    "precision": "fp16",
    "cache": "memory",
    "save_precision": "bf16",
    "sample_prompts": "one",
    "resolution": 768,
    "bucket_step": 32,
    "shortest_side": 256,
    "longest_side": 1536,
    "further_resolutions": "512, 768",
    "time_sampling": "shift",
    "quantization": "nf4",
    "text_quantization": "int8",
    "text_tokens": 512,
    "swapped_blocks": 8,
    "offload_activations": "on",
    "precompute_modulation": "on",
    "compile": "off",
    "keep_attention": "on",
    "checkpoint_as_needed": "on",
    "watch": "off",
}
"""A value of each widget that is not the guide's; a number where any will do is left out."""


def test_every_widget_sets_its_own_field_and_no_other(pack: Pack) -> None:
    before = fields_of(_guide(pack))
    brought = {"rank": {("lora", "alpha")}, "debiased": {("loss", "min_snr_gamma")}}
    for widget in pack("nodes.train.recipe_widgets").WIDGETS:
        if widget.name == "debiased":
            value: Any = "on"
        else:
            value = OTHERS.get(widget.name, 0.5 if isinstance(widget.unset, float) else 2)
        try:
            after = fields_of(pack("nodes.train.recipe").changed(_guide(pack), **{widget.name: value}))
        except pack("trainer.errors").RecipeError as fault:
            raise AssertionError(f"{widget.name} = {value!r}: {fault}") from fault
        moved = {place for place, old in before.items() if after[place] != old}
        assert moved == {(widget.part, widget.field)} | brought.get(widget.name, set()), widget.name


def test_words_of_a_widget_stand_for_values_of_the_recipe(pack: Pack) -> None:
    changed, flux = pack("nodes.train.recipe").changed, pack("trainer.recipe.presets").PRESETS["FLUX gentle"].recipe
    assert changed(flux, time_sampling="the family's own").flow.sampling == ""
    assert changed(flux, further_resolutions=" 640,  896 ").buckets.also == (640, 896)
    assert changed(flux, further_resolutions="none").buckets.also == ()
    assert changed(flux, assistant_in_training=-1.0, assistant_in_samples=0.0).flow.assistant_training == -1.0
    assert changed(flux, assistant_in_samples=0.5).flow.assistant_samples == 0.5
    for told in ("many", "512; 768", "-3", "5e2", "1" * 400):
        with pytest.raises(
            pack("trainer.errors").RecipeError, match=r"^buckets.also is \['.{1,20}'\]; it must be a list"
        ):
            changed(flux, further_resolutions=told)
    with pytest.raises(pack("trainer.errors").RecipeError, match="further resolutions are 12"):
        changed(flux, further_resolutions="12")


def test_alpha_keeps_its_share_of_the_rank(pack: Pack) -> None:
    flux = pack("trainer.recipe.presets").PRESETS["FLUX character (guide)"].recipe
    assert pack("nodes.train.recipe").changed(flux, rank=32).lora.alpha == 32.0


def test_a_new_user_sees_at_most_eight_widgets(pack: Pack) -> None:
    inputs = pack("nodes.train.recipe").TrainingRecipe.define_schema().inputs
    assert [part.id for part in inputs if not part.options.get("advanced")] == [
        "preset",
        "steps",
        "rank",
        "learning_rate",
        "seed",
    ]


def test_the_help_page_lists_every_preset_with_its_source_and_every_widget(pack: Pack) -> None:
    page = (PACK / "web" / "docs" / "LikenessTrainingRecipe.md").read_text(encoding="utf-8")
    said = " ".join(page.split())
    for name, preset in pack("trainer.recipe.presets").PRESETS.items():
        assert name in said
        assert preset.when in said, name
        assert preset.source in said, name
    for widget in pack("nodes.train.recipe_widgets").WIDGETS:
        assert f"`{widget.name}`" in page, widget.name


def _guide(pack: Pack) -> Any:
    return pack("trainer.recipe.presets").PRESETS["SDXL character (guide)"].recipe
