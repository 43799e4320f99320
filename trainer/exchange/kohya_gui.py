"""kohya_ss' JSON: kohya's settings under the names of its window, where 0 and "" mean that nothing was typed."""

from collections.abc import Mapping
from typing import Any

_NAMES = {
    "optimizer": "optimizer_type",
    "max_resolution": "resolution",
    "save_last_n_steps": "save_last_n_steps",
}
_DEFAULTS = ("max_train_steps", "max_train_epochs", "unet_lr", "text_encoder_lr", "min_snr_gamma", "lr_warmup_steps")
_WINDOW = ("LoRA_type", "conv_dim", "conv_alpha", "factor", "dora_wd", "lr_warmup", "epoch")
_KINDS = {"LyCORIS/LoKr": "lokr", "LyCORIS/LoCon": "locon", "LyCORIS/LoHa": "loha"}


def from_window(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same settings by kohya's own names."""
    found = {_NAMES.get(key, key): value for key, value in values.items() if key not in _WINDOW}
    for key in _DEFAULTS:
        if found.get(key) in (0, 0.0, "0"):
            del found[key]
    arguments = _network_arguments(values)
    if arguments:
        given = found.get("network_args")
        found["network_args"] = [*str(given or "").split(), *arguments]
    kind = str(values.get("LoRA_type") or "Standard")
    if kind.startswith("LyCORIS"):
        found["network_module"] = "lycoris.kohya"
    # The window writes a share of all steps, in percent.
    if "lr_warmup_steps" not in found and values.get("lr_warmup"):
        found["lr_warmup_steps"] = float(values["lr_warmup"]) / 100
    if "max_train_epochs" not in found and "max_train_steps" not in found and values.get("epoch"):
        found["max_train_epochs"] = values["epoch"]
    if (
        found.get("text_encoder_lr") is None
        and float(values.get("text_encoder_lr") or 0) == 0
        and "text_encoder_lr" in values
    ):
        found["network_train_unet_only"] = True
    return found


def to_window(settings: Mapping[str, Any]) -> dict[str, Any]:
    """kohya's settings by the window's names."""
    names = {theirs: ours for ours, theirs in _NAMES.items()}
    found = {names.get(key, key): value for key, value in settings.items()}
    arguments = dict(word.partition("=")[::2] for word in found.pop("network_args", []))
    algorithm = arguments.get("algo", "")
    kinds = {kind: name for name, kind in _KINDS.items()}
    found["LoRA_type"] = kinds.get(algorithm, "Standard" if not algorithm else "LyCORIS/LoCon")
    found["conv_dim"] = int(arguments.get("conv_dim", 0))
    found["conv_alpha"] = float(arguments.get("conv_alpha", 0))
    if algorithm == "lokr":
        found["factor"] = int(arguments.get("factor", -1))
    found["dora_wd"] = arguments.get("dora_wd") == "True"
    rates = found.pop("text_encoder_lr", [0.0])
    found["text_encoder_lr"] = rates[0]
    found["optimizer_args"] = " ".join(found.get("optimizer_args", []))
    return found


def _network_arguments(values: Mapping[str, Any]) -> list[str]:
    kind = str(values.get("LoRA_type") or "Standard")
    found = [f"algo={_KINDS[kind]}"] if kind in _KINDS else []
    has_conv = float(values.get("conv_dim") or 0) > 0 and kind != "Standard"
    if has_conv or ("Kohya LoCon" in kind) or (kind == "Standard" and float(values.get("conv_dim") or 0) > 1):
        found += [f"conv_dim={values.get('conv_dim')}", f"conv_alpha={values.get('conv_alpha') or 1}"]
    if kind == "LyCORIS/LoKr" and float(values.get("factor") or 0) > 0:
        found.append(f"factor={values['factor']}")
    if values.get("dora_wd"):
        found.append("dora_wd=True")
    return found
