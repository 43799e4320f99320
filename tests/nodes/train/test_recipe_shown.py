"""What the page shows in the recipe node's widgets is what a run would use."""

import random
from collections.abc import Callable
from typing import Any

import pytest

Pack = Callable[[str], Any]


def _presets(pack: Pack) -> dict[str, Any]:
    table = pack("nodes.train.recipe_shown").recipe_table()["presets"]
    return {name: (pack("nodes.train.recipe").preset_recipe(name), shown) for name, shown in table.items()}


def _used(pack: Pack, recipe: Any) -> dict[str, Any]:
    """What a recipe holds for each widget, read off its dataclasses."""
    used: dict[str, Any] = {}
    for widget in pack("nodes.train.recipe_widgets").WIDGETS:
        value = getattr(getattr(recipe, widget.part) if widget.part else recipe, widget.field)
        value = {True: "on", False: "off"}[value] if isinstance(value, bool) else value
        parted = ", " if widget.name == "further_resolutions" else "\n"
        used[widget.name] = parted.join(map(str, value)) or "none" if isinstance(value, tuple) else value
    used["time_sampling"] = used["time_sampling"] or "the family's own"
    used["conv_rank"] = used["conv_rank"] or used["rank"]
    used["conv_alpha"] = used["conv_alpha"] or used["alpha"]
    return used


def test_of_every_preset_each_widget_shows_what_its_recipe_holds(pack: Pack) -> None:
    presets = _presets(pack)
    assert list(presets) == pack("nodes.train.recipe").TrainingRecipe.define_schema().inputs[0].options["options"]
    for name, (recipe, shown) in presets.items():
        used = _used(pack, recipe)
        used.pop("seed")
        assert {widget: each["value"] for widget, each in shown.items()} == used, name


def test_every_shown_number_fits_its_widget_to_the_last_digit(pack: Pack) -> None:
    """A number is shown with the digits of its step: more would be cut, and the page would show another number."""
    for name, (_, shown) in _presets(pack).items():
        for widget in pack("nodes.train.recipe_widgets").WIDGETS:
            step = widget.input.options.get("step")
            if step and widget.name in shown:
                digits = max(0, len(f"{step:.10f}".rstrip("0").partition(".")[2]))
                value = shown[widget.name]["value"]
                assert round(value, digits) == value, (name, widget.name, value)
                assert widget.input.options["min"] <= value <= widget.input.options["max"], (name, widget.name)


def test_whatever_is_told_the_page_shows_what_a_run_would_use(pack: Pack) -> None:
    """Random widgets with random values, of every preset; those that a run refuses are skipped, and few."""
    node, shown_recipe = pack("nodes.train.recipe"), pack("nodes.train.recipe_shown").shown_recipe
    names, chance, made = list(_presets(pack)), random.Random(7), 0
    brings = pack("nodes.train.recipe_shown").recipe_table()["brings"]
    for _ in range(200):
        preset = chance.choice(names)
        values = {widget.name: _any(widget, chance) for widget in _some(pack, chance)}
        answer = shown_recipe({"preset": preset, "values": values})
        if answer["fault"]:
            with pytest.raises(pack("trainer.errors").RecipeError) as refusal:
                node.TrainingRecipe.execute(preset=preset, **values)
            assert answer["fault"] == str(refusal.value)
            continue
        used = _used(pack, node.TrainingRecipe.execute(preset=preset, **values).args[0])
        left = {name: used[name] for name, each in answer["values"].items()}
        assert {name: each["value"] for name, each in answer["values"].items()} == left, (preset, values)
        for name, each in answer["values"].items():
            assert not each["mark"].startswith("from") or each["mark"].removeprefix("from ") in brings[name]
        made += 1
    assert made > 50


def _some(pack: Pack, chance: random.Random) -> list[Any]:
    bringing = ["steps", "rank", "optimizer", "debiased", "resolution", "further_resolutions", "time_sampling"]
    widget_of = pack("nodes.train.recipe_widgets").WIDGET_OF
    names = {*chance.sample(bringing, 2), *chance.sample(sorted(widget_of), 2)}
    return [widget_of[name] for name in sorted(names)]


def _any(widget: Any, chance: random.Random) -> Any:
    options = widget.input.options
    if "options" in options:
        return chance.choice(options["options"])
    if widget.name == "further_resolutions":
        return chance.choice(["", "none", "512", "640, 768", "no"])
    if widget.unset == "" or widget.unset is None:
        return "one\ntwo" if widget.unset == "" else chance.randrange(100)
    value = chance.choice([each for each in (widget.unset, 0.5, 1, 2, 8, 16, 64, 256) if each <= options["max"]])
    value = value if isinstance(widget.unset, float) else max(options["min"], round(value))
    return float(value) if isinstance(widget.unset, float) else value


@pytest.mark.parametrize(
    ("values", "widget", "value", "mark"),
    [
        ({"rank": 64}, "alpha", 32.0, "from rank"),
        ({"rank": 64, "targets": "attention_mlp_conv"}, "conv_rank", 64, "from rank"),
        ({"optimizer": "prodigy"}, "learning_rate", 1.0, "from optimizer"),
        ({"optimizer": "schedulefree"}, "schedule", "constant", "from optimizer"),
        ({"debiased": "on"}, "min_snr_gamma", 0.0, "from debiased"),
        ({"resolution": 256}, "shortest_side", 256, "from resolution"),
        ({"steps": 900}, "rank", 32, "preset"),
        ({"epochs": 9}, "steps", 500, "not used"),
        ({"loss": "huber"}, "huber_c", 0.1, "preset"),
        ({}, "huber_c", 0.1, "not used"),
        ({}, "time_sampling", "the family's own", "preset"),
        ({"time_sampling": "uniform"}, "sigmoid_scale", 1.0, "not used"),
        ({"gradient_checkpointing": "off"}, "checkpointed_blocks", 0, "not used"),
        ({"contrastive_guidance": 3.0}, "guidance", 1.0, "not used"),
    ],
)
def test_a_number_that_another_brings_along_says_so(
    pack: Pack, values: dict[str, Any], widget: str, value: Any, mark: str
) -> None:
    question = {"preset": "SDXL character (guide)", "values": values}
    shown = pack("nodes.train.recipe_shown").shown_recipe(question)["values"]
    assert shown[widget] == {"value": value, "mark": mark}
    assert not set(shown) & set(values)


def test_a_told_number_that_no_run_reads_says_so(pack: Pack) -> None:
    question = {"preset": "Demo", "values": {"steps": 9, "epochs": 2, "cycles": 4}}
    shown = pack("nodes.train.recipe_shown").shown_recipe(question)["values"]
    assert shown["steps"] == {"value": 9, "mark": "not used"}
    assert shown["cycles"] == {"value": 4, "mark": "not used"}
    assert "epochs" not in shown


def test_fewer_steps_show_the_shorter_warmup(pack: Pack) -> None:
    shown = pack("nodes.train.recipe_shown").shown_recipe({"preset": "Demo", "values": {"steps": 3}})["values"]
    assert shown["warmup"] == {"value": 2, "mark": "from steps"}


def test_what_a_run_would_refuse_is_told_beside_the_values(pack: Pack) -> None:
    question = {"preset": "SDXL character (guide)", "values": {"optimizer": "prodigy", "learning_rate": 0.001}}
    answer = pack("nodes.train.recipe_shown").shown_recipe(question)
    assert "prodigy" in answer["fault"]
    assert answer["values"]["rank"] == {"value": 32, "mark": "preset"}


@pytest.mark.parametrize(
    "question",
    [
        None,
        [],
        {"preset": "None"},
        {"preset": ["Demo"]},
        {"preset": "Demo", "values": {"steps": "many"}},
        {"preset": "Demo", "values": {"steps": True}},
        {"preset": "Demo", "values": {"steps": 1.5}},
        {"preset": "Demo", "values": {"alpha": float("nan")}},
        {"preset": "Demo", "values": {"alpha": 1e300}},
        {"preset": "Demo", "values": {"optimizer": 3}},
        {"preset": "Demo", "values": {"sample_prompts": ["a"]}},
    ],
)
def test_a_question_that_is_none_is_refused_in_a_sentence(pack: Pack, question: Any) -> None:
    with pytest.raises(pack("trainer.errors").RecipeError, match=r"^.{10,150}\.$"):
        pack("nodes.train.recipe_shown").shown_recipe(question)


def test_every_widget_stands_in_one_group(pack: Pack) -> None:
    groups = pack("nodes.train.recipe_widgets").GROUPS
    named = [name for _, names in groups for name in names]
    assert sorted(named) == sorted(pack("nodes.train.recipe_widgets").WIDGET_OF)
    assert groups[0] == ("", ("steps", "rank", "learning_rate", "seed"))


def test_no_tooltip_names_a_value_that_the_page_never_shows(pack: Pack) -> None:
    for widget in pack("nodes.train.recipe_widgets").WIDGETS:
        tooltip = widget.input.options["tooltip"]
        assert "preset says" not in tooltip and ": preset" not in tooltip, widget.name
        if isinstance(widget.unset, int | float):
            assert tooltip.endswith(f"Type {widget.unset:g} to go back to the preset."), widget.name
