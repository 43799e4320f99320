"""kohya's optimizers and rates as ours. What a file leaves out has the optimizer's own default in its library."""

import re
from typing import Any

from ...errors import RecipeError
from ...recipe.optim import Optimizer
from ..arguments import arguments
from ..keys import Keys
from .words import OPTIMIZERS, STAND_INS

_NUMBER = re.compile(r"(?:\d++(?:\.\d++)?|\.\d++)(?:[eE][-+]?\d++)?")
_DECAYS: dict[Optimizer, float] = {"adamw": 0.01, "adamw8bit": 0.01, "paged_adamw8bit": 0.01}
"""Weight decay without one: torch's AdamW and bitsandbytes' have 0.01, all others none."""
_PRODIGY = {"use_bias_correction": True, "safeguard_warmup": True, "decouple": True}
_NEUTRAL = {
    "eps": ("1e-8", "1e-08", "(1e-30, 0.001)", "(1e-30,1e-3)", "(1e-30,0.001)"),
    "d0": ("1e-6", "1e-06", "0.000001"),
    "d_coef": ("1", "1.0"),
    "clip_threshold": ("1", "1.0"),
    "decay_rate": ("-0.8",),
    "amsgrad": ("False", "false"),
    "is_paged": ("True", "true", "False", "false"),
    "foreach": ("True", "true", "False", "false"),
    "fused": ("True", "true", "False", "false"),
    "slice_p": ("1",),
    "growth_rate": ("inf", "float('inf')"),
}
_RATE_OF_OTHERS = 1e-4
_MOST_RATE = 1e-2


def optimizer(keys: Keys) -> dict[str, Any]:
    """The recipe's optimizer; its rate is the denoiser's."""
    chosen, is_known = _chosen(keys)
    default = keys.number("learning_rate", 2e-6)
    lr = keys.number("unet_lr", default)
    if lr == 0 or keys.switch("network_train_text_encoder_only"):
        raise RecipeError(f"{keys.file} trains the text encoders alone; here the denoiser always learns.")
    optim: dict[str, Any] = {"optimizer": chosen, "lr": lr, "weight_decay": _DECAYS.get(chosen, 0.0)}
    _clip(keys, optim)
    if chosen == "lion8bit":
        optim["beta2"] = 0.99
    inner = arguments(keys, "optimizer_args")
    optim["weight_decay"] = inner.number("weight_decay", optim["weight_decay"])
    _betas(inner, optim)
    has_own_rate = _own_options(inner, chosen)
    for name, values in _NEUTRAL.items():
        inner.leave(name, "no counterpart here", unless=values)
    keys.absorb(inner, "optimizer_args")
    _fit_rate(keys, optim, is_made_for_another=has_own_rate or not is_known)
    return optim


def _chosen(keys: Keys) -> tuple[Optimizer, bool]:
    """Ours, and whether theirs is known at all."""
    is_8bit, is_lion = keys.switch("use_8bit_adam"), keys.switch("use_lion_optimizer")
    known: dict[str, Optimizer] = {word.lower(): ours for word, ours in OPTIMIZERS.items()}
    stand_ins = {word.lower(): each for word, each in STAND_INS.items()}
    said = keys.word("optimizer_type", "AdamW8bit" if is_8bit else "Lion" if is_lion else "AdamW")
    if said.lower() in known:
        return known[said.lower()], True
    if said.lower() in stand_ins:
        ours, why = stand_ins[said.lower()]
        keys.note("optimizer_type", said, f"{ours} is taken, {why}")
        return ours, True
    keys.note("optimizer_type", said, f"not known here, adamw is taken; known are {', '.join(OPTIMIZERS)}")
    return "adamw", False


def _clip(keys: Keys, optim: dict[str, Any]) -> None:
    clip = keys.number("max_grad_norm", 1.0)
    optim["grad_clip"] = clip if clip > 0 else 1e9
    if clip <= 0:
        keys.note("max_grad_norm", clip, "gradients are never clipped: taken as 1e9")


def _betas(inner: Keys, optim: dict[str, Any]) -> None:
    given = inner.raw("betas")
    if given in (None, ""):
        return
    found = [float(number) for number in _NUMBER.findall(str(given))]
    if optim["optimizer"] == "adafactor":
        inner.note("betas", given, "adafactor has none")
    elif len(found) != 2 or not all(0 <= beta < 1 for beta in found):
        inner.note("betas", given, "two numbers from 0 to below 1 belong here; the library's own are taken")
    else:
        optim |= {"beta1": found[0], "beta2": found[1]}


def _own_options(inner: Keys, chosen: Optimizer) -> bool:
    """What is always set here, where their default is another; whether the optimizer finds its own rate there."""
    is_relative = False
    if chosen == "prodigy":
        for name, ours in _PRODIGY.items():
            theirs = inner.switch(name, name == "decouple")
            if theirs != ours:
                inner.note(name, theirs, f"always {ours} here")
    elif chosen == "adafactor":
        is_warmed, is_relative = inner.switch("warmup_init"), inner.switch("relative_step", True)
        is_relative = is_relative or is_warmed
        if is_relative:
            inner.note("relative_step", True, "adafactor goes by learning_rate here")
        if inner.switch("scale_parameter", True):
            inner.note("scale_parameter", True, "rates do not grow with the size of weights here")
    else:
        inner.leave("decouple", "decay is decoupled here", unless=("True", "true"))
    return is_relative


def _fit_rate(keys: Keys, optim: dict[str, Any], *, is_made_for_another: bool) -> None:
    """A rate made for an optimizer that scales it otherwise is none for ours."""
    lr = optim["lr"]
    if optim["optimizer"] == "prodigy" and lr < 0.1:
        keys.note("learning_rate", lr, "prodigy multiplies the rate it finds by it: 1 is taken")
        optim["lr"] = 1.0
    elif is_made_for_another and lr > _MOST_RATE:
        keys.note("learning_rate", lr, f"too high without what scales it there: {_RATE_OF_OTHERS:g} is taken")
        optim["lr"] = _RATE_OF_OTHERS
