"""kohya's steps, epochs and learning-rate schedule as ours."""

from typing import Any

from ...recipe.optim import Curve, Optimizer
from ..arguments import arguments
from ..keys import Keys
from .words import CURVE_CLASSES, CURVES


def schedule(keys: Keys, optimizer: Optimizer) -> dict[str, Any]:
    """The recipe's schedule. Epochs decide where there are any, as in kohya's loader."""
    steps, epochs = keys.whole("max_train_steps", 1600), keys.whole("max_train_epochs", 0)
    # A class takes the place of the curve by name.
    name = "" if keys.peek("lr_scheduler_type") else str(keys.peek("lr_scheduler") or "constant").lower()
    curve = _curve(keys, optimizer)
    found: dict[str, Any] = {
        "steps": steps,
        "epochs": epochs,
        "batch": keys.whole("train_batch_size", 1),
        "accumulation": keys.whole("gradient_accumulation_steps", 1),
        "curve": curve,
        "power": keys.number("lr_scheduler_power", 1.0) if curve == "polynomial" else 1.0,
        "lr_floor": _floor(keys, name),
        **_warmup(keys, optimizer, name, steps, epochs),
    }
    cycles = keys.whole("lr_scheduler_num_cycles", 1)
    if curve == "cosine_with_restarts":
        found["cycles"] = cycles
    elif curve == "cosine" and cycles != 1 and found["lr_floor"]:
        keys.note("lr_scheduler_num_cycles", cycles, "the curve falls once here")
    keys.changes_nothing("lr_scheduler_power")
    keys.leave("lr_decay_steps", "no counterpart here", unless=(0, 0.0))
    keys.leave("lr_scheduler_timescale", "no counterpart here")
    return found


def _curve(keys: Keys, optimizer: Optimizer) -> Curve:
    said = str(keys.peek("lr_scheduler") or "")
    if said.lower().partition(":")[0] == "adafactor":
        keys.note("lr_scheduler", keys.raw("lr_scheduler"), "the rate is constant here")
        curve: Curve = "constant"
    else:
        curve = keys.choice("lr_scheduler", CURVES, "constant")
    curve = _of_class(keys, curve)
    if optimizer == "schedulefree" and curve != "constant":
        keys.note("lr_scheduler", said, "schedulefree needs none, there and here: constant is taken")
        return "constant"
    return curve


def _of_class(keys: Keys, curve: Curve) -> Curve:
    """A class of torch's or another library's stands above the curve by name."""
    inner = arguments(keys, "lr_scheduler_args")
    for name in inner.waiting:
        inner.leave(name, "no counterpart here")
    kind = keys.word("lr_scheduler_type")
    if kind:
        taken = CURVE_CLASSES.get(kind.rpartition(".")[2], curve)
        keys.note("lr_scheduler_type", kind, f"{taken} is taken in its place, down to the last step")
        curve = taken
    keys.absorb(inner, "lr_scheduler_args")
    return curve


def _floor(keys: Keys, name: str) -> float:
    floor = keys.number("lr_scheduler_min_lr_ratio", 0.0)
    if floor and name != "cosine_with_min_lr":
        keys.note("lr_scheduler_min_lr_ratio", floor, "counts with cosine_with_min_lr alone")
        return 0.0
    return floor


def _warmup(keys: Keys, optimizer: Optimizer, name: str, steps: int, epochs: int) -> dict[str, Any]:
    """Steps, or below 1 a share of all that epochs will make."""
    share = keys.number("warmup_ratio", 0.0)
    given = keys.number("lr_warmup_steps", share)
    if share and given != share:
        keys.note("warmup_ratio", share, "lr_warmup_steps counts")
    if given < 0:
        keys.note("lr_warmup_steps", given, "none is taken")
        return {}
    if given and optimizer == "schedulefree":
        keys.note("lr_warmup_steps", given, "schedulefree has none there: none is taken")
        return {}
    if given and name == "constant":
        keys.note("lr_warmup_steps", given, "a constant rate has none there, constant_with_warmup has: none is taken")
        return {}
    if 0 < given < 1:
        return {"warmup_share": given} if epochs else {"warmup": int(given * steps)}
    if given >= steps and not epochs:
        keys.note("lr_warmup_steps", given, f"no shorter than the run of {steps}: ends one step before it")
        return {"warmup": max(0, steps - 1)}
    # The steps stand for what epochs will make of them, so that a warmup has room.
    return {"warmup": int(given)} | ({"steps": max(steps, int(given) + 1)} if epochs else {})
