"""Every key of a settings file is used, told, or known to change nothing: none is lost in silence."""

import json
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import tomli_w

from tests.trainer.exchange.settings import KOHYA_TOML, LORA_EASY, onetrainer, window
from tools.import_table import lost
from trainer.errors import RecipeError
from trainer.exchange.formats import import_recipe

LYCORIS = window(LoRA_type="LyCORIS/LoKr", factor=6, LyCORIS_preset="full", decompose_both=True, use_cp=False)
LOCON = window(LoRA_type="Kohya LoCon", additional_parameters="--network_train_unet_only --max_grad_norm=0.7")
OLD = {"optimizer": "ADAMW_8BIT", "optimizer_weight_decay": 0.03, "train_text_encoder": True, "save_after": 50}
FILES = {
    "kohya": (KOHYA_TOML, "a.toml"),
    "LoRA_Easy_Training_Scripts": (LORA_EASY, "a.toml"),
    "kohya_ss": (window(), "a.json"),
    "kohya_ss, LoKr": (LYCORIS, "a.json"),
    "kohya_ss, LoCon": (LOCON, "a.json"),
    "kohya_ss, Multires": (window(noise_offset_type="Multires", lr_warmup_steps=20), "a.json"),
    "OneTrainer": (onetrainer(), "a.json"),
    "OneTrainer, SD 1.5": (onetrainer(model_type="STABLE_DIFFUSION_15", text_encoder={"train": True}), "a.json"),
    "OneTrainer, LoKr": (onetrainer(peft_type="LOKR", lokr_dim=8, lokr_decompose_factor=4), "a.json"),
    "OneTrainer, masks": (onetrainer(masked_training=True, unmasked_weight=0.3, ema="GPU"), "a.json"),
}
WORDS = ("cosine", "linear", "bf16", "fp16", "Prodigy", "Multires", "COSINE", "FLOAT_32", "attn-only", "PRODIGY", "512")


@pytest.mark.parametrize("name", FILES)
def test_no_key_is_lost(name: str) -> None:
    text, file = FILES[name]
    assert lost(text, file, import_recipe(text, file)) == []


@pytest.mark.parametrize("name", FILES)
def test_a_key_that_counts_as_used_changes_the_recipe_or_what_is_told(name: str) -> None:
    text, file = FILES[name]
    made = import_recipe(text, file)
    # Headings of TOML say nothing: its settings go by their own names.
    named = {key: key.rpartition(".")[2] if file.endswith(".toml") else key for key in variants(text, file)}
    still = [
        key
        for key, several in variants(text, file).items()
        if named[key] in made.used
        and named[key] not in made.neutral
        and all(same(made, other, file) for other in several)
    ]
    assert still == []


def test_a_key_that_nobody_knows_is_told() -> None:
    for text, file in FILES.values():
        values = parsed(text, file) | {"nonsense": 3}
        assert ("nonsense", 3) in [(left.key, left.value) for left in import_recipe(written(values, file), file).left]


def same(made: Any, other: str, file: str) -> bool:
    try:
        again = import_recipe(other, file)
    except RecipeError:
        return False
    return (again.recipe, again.left) == (made.recipe, made.left)


def variants(text: str, file: str) -> dict[str, list[str]]:
    """The file with one key changed, in a few ways."""
    found: dict[str, list[str]] = {}
    for place, value in leaves(parsed(text, file)):
        for other in others(value):
            values = parsed(text, file)
            inner: Any = values
            for step in place[:-1]:
                inner = inner[step]
            inner[place[-1]] = other
            found.setdefault(".".join(map(str, place)), []).append(written(values, file))
    return found


def leaves(values: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    for name, value in values.items() if isinstance(values, dict) else enumerate(values):
        if isinstance(value, dict) or (isinstance(value, list) and value and isinstance(value[0], dict)):
            yield from leaves(value, (*place, name))
        else:
            yield (*place, name), value


def others(value: Any) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, (int, float)):
        return [value * 2 + 1, value / 2]
    if isinstance(value, list):
        return [value[:-1]]
    return [word for word in WORDS if word != value]


def parsed(text: str, file: str) -> dict[str, Any]:
    return tomllib.loads(text) if file.endswith(".toml") else json.loads(text)


def written(values: dict[str, Any], file: str) -> str:
    return tomli_w.dumps(values) if file.endswith(".toml") else json.dumps(values)
