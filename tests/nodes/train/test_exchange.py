"""Recipes in and out of the graph."""

from collections.abc import Callable
from typing import Any

import pytest

from ..fake_host import FakeHost

Pack = Callable[[str], Any]


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ("network_dim = 8\nnonsense = 1\n", "kohya TOML"),
        ("# mine\nnetwork_dim: 8 # = rank\nnonsense: 1\n", "guide YAML"),
        ('{"network_dim": 8, "nonsense": 1}', "kohya_ss JSON"),
        ('{"lora_rank": 8, "nonsense": 1}', "OneTrainer JSON"),
    ],
)
def test_pasted_settings_of_every_format_are_read(pack: Pack, text: str, format: str) -> None:
    node = pack("nodes.train.exchange").ImportRecipe
    made = node.execute(file="what is pasted below", text=text)
    recipe, left = made.args
    assert recipe.lora.rank == 8
    assert "nonsense = 1: not known here" in left
    assert f"Read as {format}." in made.ui["text"][0]


def test_a_file_of_the_input_folder_is_read_and_no_other(pack: Pack, fake_host: FakeHost) -> None:
    (fake_host.home / "input" / "mine.toml").write_text("network_dim = 8\n")
    (fake_host.home / "secret.toml").write_text("network_dim = 9\n")
    node = pack("nodes.train.exchange").ImportRecipe
    assert node.define_schema().inputs[0].options["options"] == ["what is pasted below", "mine.toml"]
    assert node.execute(file="mine.toml").args[0].lora.rank == 8
    assert node.validate_inputs(file="mine.toml", text="") is True
    for path in ("../secret.toml", str(fake_host.home / "secret.toml"), "none.toml"):
        assert "no file" in node.validate_inputs(file=path, text="")
    assert "Nothing to import" in node.validate_inputs(file="what is pasted below", text=" ")


def test_an_exported_recipe_comes_back_and_what_was_lost_is_said(pack: Pack, fake_host: FakeHost) -> None:
    recipe = pack("trainer.recipe.presets").PRESETS["Illustrious"].recipe
    nodes = pack("nodes.train.exchange")
    made = nodes.ExportRecipe.execute(recipe=recipe, format="kohya TOML", name="mine")
    written = fake_host.home / "output" / "likeness" / "recipes" / "mine.toml"
    assert written.read_text() == made.args[0]
    assert "prior.images = 24" in made.ui["text"][0]
    back = nodes.ImportRecipe.execute(file="what is pasted below", text=made.args[0]).args[0]
    assert back.lora == recipe.lora
    assert "cannot name a folder" in nodes.ExportRecipe.validate_inputs(name="../x")


def test_the_formats_are_the_engines(pack: Pack) -> None:
    assert pack("nodes.train.exchange").FORMATS == pack("trainer.exchange.formats").FORMATS
