"""What the page shows in the recipe node's widgets: the value that will be used, and where it is from."""

from collections.abc import Callable
from typing import Any

from ...trainer.errors import RecipeError
from ...trainer.recipe.presets import PRESETS
from ...trainer.recipe.recipe import Recipe
from .field_widgets import Widget
from .preset import DEMO, preset_recipe
from .recipe import changed, settled
from .recipe_widgets import GROUPS, WIDGET_OF, WIDGETS

PRESET, UNUSED = "preset", "not used"
_AS = {"conv_rank": "rank", "conv_alpha": "alpha"}
"""Fields whose 0 means another field's value."""
_BRINGS = {
    "alpha": ["rank"],
    "conv_rank": ["rank"],
    "conv_alpha": ["alpha", "rank"],
    "learning_rate": ["optimizer"],
    "beta2": ["optimizer"],
    "schedule": ["optimizer"],
    "min_snr_gamma": ["debiased"],
    "warmup": ["steps"],
    "warmup_share": ["warmup"],
    "text_encoder_share": ["text_encoder_steps"],
    "shortest_side": ["resolution"],
    "longest_side": ["resolution"],
}
"""Who may bring a widget's value along."""
_IS_USED: dict[str, Callable[[Any], bool]] = {
    "steps": lambda data: not data["schedule"]["epochs"],
    "lokr_factor": lambda data: data["lora"]["kind"] == "lokr",
    "conv_rank": lambda data: data["lora"]["targets"] == "attention_mlp_conv",
    "conv_alpha": lambda data: data["lora"]["targets"] == "attention_mlp_conv",
    "cycles": lambda data: data["schedule"]["curve"] == "cosine_with_restarts",
    "power": lambda data: data["schedule"]["curve"] == "polynomial",
    "lr_floor": lambda data: data["schedule"]["curve"] != "constant",
    "beta1": lambda data: data["optim"]["optimizer"] != "adafactor",
    "beta2": lambda data: data["optim"]["optimizer"] != "adafactor",
    "keep_tags": lambda data: data["text"]["shuffle"] or data["text"]["tag_dropout"] > 0,
    "warmup_share": lambda data: not data["schedule"]["warmup"],
    "text_encoder_steps": lambda data: data["text"]["encoder_lr"] > 0,
    "text_encoder_share": lambda data: data["text"]["encoder_lr"] > 0 and not data["text"]["encoder_steps"],
    "huber_c": lambda data: data["loss"]["kind"] != "l2",
    "huber_schedule": lambda data: data["loss"]["kind"] != "l2",
    "mask_floor": lambda data: data["loss"]["masked"],
    "least_gain": lambda data: data["early_stop"]["patience"] > 0,
    "sigmoid_scale": lambda data: data["flow"]["sampling"] not in ("uniform", "weighted"),
    "time_shift": lambda data: data["flow"]["sampling"] in ("", "shift"),
    "guidance": lambda data: not data["flow"]["contrastive"],
    "checkpointed_blocks": lambda data: (
        data["memory"]["gradient_checkpointing"] and not data["memory"]["checkpoint_as_needed"]
    ),
    "keep_attention": lambda data: data["memory"]["gradient_checkpointing"],
    "checkpoint_as_needed": lambda data: data["memory"]["gradient_checkpointing"],
}
"""Whether a run reads the field at all; those that are left out always are."""


def recipe_table() -> dict[str, Any]:
    """What never changes: each widget's value that leaves it to the preset, the groups, and each preset's values."""
    return {
        "unset": {widget.name: widget.unset for widget in WIDGETS if widget.unset is not None},
        "zero": {widget.name: widget.zero for widget in WIDGETS if widget.zero},
        "brings": _BRINGS,
        "groups": [[title, list(names)] for title, names in GROUPS],
        "presets": {name: shown_values(preset_recipe(name), {}) for name in (DEMO, *PRESETS)},
    }


def shown_recipe(question: Any) -> dict[str, Any]:
    """The values for a question {"preset": name, "values": {widget: value}}, and the fault that a run would tell."""
    given = question if isinstance(question, dict) else {}
    recipe, numbers = preset_recipe(str(given.get("preset", ""))), _numbers(given.get("values"))
    try:
        changed(recipe, **numbers)
        fault = ""
    except RecipeError as refusal:
        fault = str(refusal)
    return {"values": shown_values(recipe, numbers), "fault": fault}


def shown_values(recipe: Recipe, numbers: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By widget: the used value as the widget would hold it, and a mark: whose it is, or that no run reads it.

    What was told is named only where it has a mark.
    """
    made = settled(recipe, numbers)
    shown: dict[str, dict[str, Any]] = {}
    for widget in WIDGETS:
        if widget.unset is None:
            continue
        same = "" if widget.of(made.data) else _AS.get(widget.name, "")
        by = made.brought.get(widget.name) or same
        mark = "" if widget.name in made.told else f"from {by}" if by else PRESET
        mark = mark if _is_used(widget.name, made.data) else UNUSED
        if mark:
            shown[widget.name] = {"value": _held(widget if not same else WIDGET_OF[same], made.data), "mark": mark}
    return shown


def _is_used(name: str, data: dict[str, Any]) -> bool:
    return name not in _IS_USED or _IS_USED[name](data)


def _held(widget: Widget, data: dict[str, Any]) -> Any:
    return widget.shown(widget.of(data))


def _numbers(values: Any) -> dict[str, Any]:
    given = values if isinstance(values, dict) else {}
    numbers = {widget.name: given[widget.name] for widget in WIDGETS if widget.name in given}
    for name, value in numbers.items():
        if not _is_like(WIDGET_OF[name], value):
            raise RecipeError(f"{name} is {str(value)[:40]!r}; that is no value of its widget.")
    return numbers


def _is_like(widget: Widget, value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    if isinstance(widget.unset, str):
        return isinstance(value, str)
    return not isinstance(value, str) and abs(value) < 2**53 and (isinstance(widget.unset, float) or value % 1 == 0)
