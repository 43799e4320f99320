"""OneTrainer's older settings files, by the names of today's."""

from collections.abc import Mapping
from typing import Any, cast

_PARTS = ("unet", "prior", "text_encoder", "text_encoder_2")
_RENAMED = {
    "save_after": "save_every",
    "save_after_unit": "save_every_unit",
    "lora_layers": "layer_filter",
    "lora_layer_preset": "layer_filter_preset",
    "lora_layers_regex": "layer_filter_regex",
}


def renewed(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same settings as today's OneTrainer writes them; today's names stand above older ones."""
    found = _optimizer(dict(values))
    for part in _PARTS:
        _part(found, part)
    for old, new in _RENAMED.items():
        if old in found:
            found.setdefault(new, found.pop(old))
    if gamma := found.pop("min_snr_gamma", None):
        found.setdefault("loss_weight_fn", "MIN_SNR_GAMMA")
        found.setdefault("loss_weight_strength", gamma)
    return found


def _optimizer(found: dict[str, Any]) -> dict[str, Any]:
    """Once a word beside settings that begin with it; now a heading."""
    if isinstance(found.get("optimizer"), str):
        begins = "optimizer_"
        names = [name for name in found if name.startswith(begins) and name != "optimizer_defaults"]
        inner = {name.removeprefix(begins): found.pop(name) for name in names}
        found["optimizer"] = {"optimizer": found["optimizer"], **inner}
    return found


def _part(found: dict[str, Any], part: str) -> None:
    """`train_unet`, `unet_learning_rate` and their like were settings of their own once."""
    old = {
        f"train_{part}": "train",
        f"{part}_learning_rate": "learning_rate",
        f"{part}_weight_dtype": "weight_dtype",
        f"train_{part}_epochs": "stop_training_after",
    }
    moved = {new: found.pop(name) for name, new in old.items() if name in found}
    if "stop_training_after" in moved:
        moved["stop_training_after_unit"] = "EPOCH"
    if moved:
        given: Any = found.get(part)
        found[part] = moved | (dict(cast("Mapping[str, Any]", given)) if isinstance(given, Mapping) else {})
