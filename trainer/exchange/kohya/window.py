"""kohya_ss' JSON: kohya's settings under the names of its window, where 0 and "" mean that nothing was typed."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from ...errors import RecipeError
from ..arguments import options, several, split
from ..keys import Keys, Left, told
from ..strangers import other_model
from . import window_words as words
from .flux import MODULE as FLUX_MODULE

_KINDS = {"lokr": "LyCORIS/LoKr", "locon": "LyCORIS/LoCon", "": "Standard"}


def window_keys(values: Mapping[str, Any], file: str) -> Keys:
    """The same settings by kohya's own names; what the window alone knows is taken already."""
    _refuse_other_models(values, file)
    window = _Window(values)
    window.network(file)
    window.rates()
    window.length()
    window.warmup()
    window.noise()
    window.flux()
    window.rest()
    keys = Keys(window.found, file, "kohya_ss")
    keys.used += window.used
    keys.neutral += window.neutral
    for left in window.left:
        keys.note(left.key, left.value, left.why)
    return keys


def to_window(settings: Mapping[str, Any]) -> dict[str, Any]:
    """kohya's settings by the window's names; what it would start with otherwise is written out."""
    names = {theirs: ours for ours, theirs in words.OPTIONS.items() if ours in ("optimizer", "max_resolution")}
    # The window has `fp8_base_unet` for FLUX alone.
    names["fp8_base_unet"] = "fp8_base"
    found = {names.get(key, key): value for key, value in settings.items()}
    arguments = dict(word.partition("=")[::2] for word in found.pop("network_args", []))
    algorithm = arguments.get("algo", "")
    has_conv = "conv_dim" in arguments
    found["LoRA_type"] = (
        _KINDS.get(algorithm, "LyCORIS/LoCon") if algorithm else "Kohya LoCon" if has_conv else "Standard"
    )
    found["conv_dim"] = int(arguments.get("conv_dim", 0))
    found["conv_alpha"] = float(arguments.get("conv_alpha", 0))
    found["LyCORIS_preset"] = arguments.get("preset", "full")
    if algorithm == "lokr":
        found["factor"] = int(arguments.get("factor", -1))
    found["dora_wd"] = arguments.get("dora_wd") == "True"
    rates = found.pop("text_encoder_lr", [0.0])
    found["text_encoder_lr"] = rates[0]
    found["optimizer_args"] = " ".join(found.get("optimizer_args", []))
    found |= {"lr_warmup": 0, "bucket_no_upscale": False, "noise_offset_type": "Original", "epoch": 1}
    if 0 < found["lr_warmup_steps"] < 1:
        found |= {"lr_warmup": found["lr_warmup_steps"] * 100, "lr_warmup_steps": 0}
    found.setdefault("max_train_steps", 0)
    found.setdefault("max_train_epochs", 0)
    return found


def _refuse_other_models(values: Mapping[str, Any], file: str) -> None:
    for box, model in words.BOXES.items():
        if _is_ticked(values.get(box)):
            raise other_model(file, model)
    is_flux, kind = str(values.get("LoRA_type")).startswith("Flux1"), values.get("LoRA_type")
    if _is_ticked(values.get("flux1_checkbox")) and not is_flux and kind not in (None, ""):
        raise RecipeError(f"{file} trains FLUX.1 by a LoRA_type {told(kind)}, which kohya cannot: Flux1 can.")
    if values.get("LoRA_type") not in (None, "", *words.MODULES):
        raise RecipeError(f"{file} trains a LoRA_type {told(values['LoRA_type'])}, which is not known here.")


def _is_ticked(value: Any) -> bool:
    return value is True or str(value).lower() == "true"


class _Window:
    """What the window holds, on its way to kohya's options."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        given = {name: value for name, value in values.items() if value not in (None, "")}
        self.given = given
        self.neutral = [name for name in values if name not in given]
        self.used: list[str] = []
        self.left: list[Left] = []
        self.found: dict[str, Any] = {}
        # Who names kohya's options in JSON by hand has kohya's defaults.
        starts: Mapping[str, Any] = words.DEFAULTS if "LoRA_type" in values else {}
        self._waiting = {name: value for name, value in starts.items() if name not in values} | given
        if isinstance(extra := self.take("additional_parameters"), str):
            self._command_line(extra)

    def take(self, name: str) -> Any:
        """A field's value; what was typed there counts as used."""
        if name in self.given:
            self.used.append(name)
        return self._waiting.pop(name, None)

    def network(self, file: str) -> None:
        kind = str(self.take("LoRA_type") or "Standard")
        module, algorithm = words.MODULES[kind]
        arguments = [f"algo={algorithm}"] if algorithm else []
        if algorithm and (preset := self.take("LyCORIS_preset")):
            arguments.append(f"preset={preset}")
        for name in words.ARGUMENTS.get(kind, ()):
            value = self.take(name)
            if value not in (None, "", False) and not (kind == "Standard" and _number(value) == 0):
                arguments.append(f"{name}={value}")
        self.found["network_module"] = self._waiting.pop("network_module", None) or module
        given = self._waiting.pop("network_args", None)
        self.found["network_args"] = [*(split(given) if isinstance(given, str) else several(given)), *arguments]
        if not self.found["network_args"]:
            del self.found["network_args"]
        for name in words.OF_NETWORKS:
            self._pass_over(name)

    def rates(self) -> None:
        """At 0 a part is left alone, unless both are: then both go by the rate of all."""
        missing = [name for name in ("unet_lr", "text_encoder_lr") if name in self._waiting and name not in self.given]
        if missing and "learning_rate" in self.given:
            why = f"without {' and '.join(missing)} kohya_ss' window starts those at 0.0001, whatever this is"
            self.left.append(Left("learning_rate", self.given["learning_rate"], why))
        denoiser, text = self._waiting.get("unet_lr"), self._waiting.get("text_encoder_lr")
        if _number(text, 1.0) == 0 and _number(denoiser, 1.0) != 0:
            self.found["network_train_unet_only"] = True
        elif _number(denoiser, 1.0) == 0 and _number(text, 1.0) != 0:
            self.found["network_train_text_encoder_only"] = True
        for name in ("unet_lr", "text_encoder_lr"):
            if _number(self._waiting.get(name), 1.0) == 0:
                self.take(name)

    def length(self) -> None:
        """`epoch` counts where neither steps nor epochs are capped."""
        epoch = self.take("epoch")
        capped = [name for name in ("max_train_steps", "max_train_epochs") if _number(self._waiting.get(name)) > 0]
        is_typed = "epoch" in self.given and "max_train_steps" not in self.given and capped == ["max_train_steps"]
        if is_typed and "max_train_steps" not in self.neutral:
            capped = []
            self._waiting.pop("max_train_steps")
            why = "taken as meant: kohya_ss' window of today would stop at 1600 steps, which the file does not name"
            self.left.append(Left("epoch", epoch, why))
        if not capped and epoch is not None:
            self.found["max_train_epochs"] = epoch
        if not capped:
            self.take("max_train_epochs")
            self.take("max_train_steps")

    def warmup(self) -> None:
        """Percent of all steps, unless steps are typed."""
        percent, steps = self.take("lr_warmup"), self._waiting.get("lr_warmup_steps")
        if _number(steps) > 0:
            if _number(percent) > 0 and "lr_warmup" in self.given:
                self.left.append(Left("lr_warmup", percent, "lr_warmup_steps counts"))
            return
        self.take("lr_warmup_steps")
        share = _number(percent, -1) / 100
        if 0 <= share < 1:
            self.found["lr_warmup_steps"] = share
        elif percent is not None:
            self.left.append(Left("lr_warmup", percent, "a share of the steps in percent belongs here: none is taken"))

    def noise(self) -> None:
        """Fields of the other kind of noise mean nothing."""
        is_multires = str(self.take("noise_offset_type")).lower() == "multires"
        multires = ("multires_noise_iterations", "multires_noise_discount")
        original = ("noise_offset", "noise_offset_random_strength", "adaptive_noise_scale")
        for name in original if is_multires else multires:
            self._pass_over(name)
        if _number(self._waiting.get("noise_offset")) == 0:
            self._pass_over("adaptive_noise_scale")

    def flux(self) -> None:
        """Fields of FLUX.1 count with its network alone."""
        if self.found["network_module"] != FLUX_MODULE:
            return
        for name in words.OF_SDXL:
            self._pass_over(name)
        for name, option in words.OF_FLUX.items():
            if name in self._waiting and (value := self.take(name)) is not False:
                self.found.setdefault(option, value)

    def rest(self) -> None:
        """Everything else, by kohya's names."""
        if "optimizer" not in self._waiting:
            is_8bit = str(self._waiting.pop("use_8bit_adam", "")).lower() == "true"
            self.found.setdefault("optimizer_type", "AdamW8bit" if is_8bit else "AdamW")
        self._others()
        for name, value in self._waiting.items():
            option = words.OPTIONS.get(name, name)
            self.found.setdefault(option, value)
            if option != name:
                self.used.append(name)

    def _others(self) -> None:
        """Fields of the window alone, of other models, and 0, which means that nothing was typed."""
        others = [name for name in self._waiting if name.startswith(words.OTHER_MODELS_BEGIN)]
        for name in (*words.OF_THE_WINDOW, *words.OF_OTHER_MODELS, *others):
            self._pass_over(name)
        for name in ("stop_text_encoder_training", "stop_text_encoder_training_pct"):
            if _number(self._waiting.get(name)) > 0:
                self.left.append(Left(name, self._waiting.pop(name), "kohya_ss leaves it out as well"))
            self._pass_over(name)
        # The window hands on nothing that equals False, so that kohya's own default counts.
        for name, value in list(self._waiting.items()):
            if _number(value, 1.0) == 0:
                self._pass_over(name)

    def _pass_over(self, name: str) -> None:
        if name in self._waiting:
            del self._waiting[name]
            self.neutral.append(name)

    def _command_line(self, line: str) -> None:
        """Options typed behind the window's own stand above them."""
        for name, value in options(line).items():
            # What the window works out from several fields waits with those.
            if name in ("unet_lr", "text_encoder_lr", "max_train_steps", "max_train_epochs", "lr_warmup_steps"):
                self._waiting[name] = value
            else:
                self._waiting.pop(name, None)
                self.found[name] = value


def _number(value: Any, otherwise: float = 0.0) -> float:
    """A number of any spelling; `otherwise` for what is none, as the window reads it."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return otherwise
    return number if isfinite(number) else otherwise
