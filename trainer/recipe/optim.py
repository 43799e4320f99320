"""How the weights move: the optimizer, the learning rate's path, and which of them go together."""

from dataclasses import dataclass
from typing import Literal

from .choices import is_choice, options

Optimizer = Literal["adamw", "adamw8bit", "paged_adamw8bit", "lion8bit", "adafactor", "prodigy", "schedulefree"]
Curve = Literal["cosine", "constant", "linear", "polynomial", "cosine_with_restarts", "rex"]

# What an optimizer wants in place of a number nobody chose. Lion: Chen et al. 2023, algorithm 2.
OWN_NUMBERS: dict[str, dict[str, float]] = {"prodigy": {"lr": 1.0}, "lion8bit": {"beta2": 0.99}}
OWN_CURVES: dict[str, Curve] = {"schedulefree": "constant"}


@dataclass(frozen=True, kw_only=True)
class Optim:
    """The optimizer and its numbers; gradients are clipped to norm `grad_clip` before any of them.

    `lr` is a rate, but to "prodigy" a factor on the rate it finds. "adafactor" has no betas. With `ema_decay` above 0
    the weights that are saved and drawn with are a running mean of those that train.
    """

    optimizer: Optimizer = "adamw"
    lr: float = 1e-4
    weight_decay: float = 0.01
    beta1: float = 0.9
    beta2: float = 0.999
    grad_clip: float = 1.0
    ema_decay: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """`steps` are optimizer updates of `batch` × `accumulation` pictures; lr warms up, then follows `curve`.

    `epochs` above 0 are rounds of the dataset with its repeats, and decide in place of `steps`.

    The curve ends at `lr_floor` × lr. `power` is of "polynomial", `cycles` of "cosine_with_restarts". Without a
    `warmup`, `warmup_share` of the steps are one, whatever epochs make of them.
    """

    steps: int = 1500
    epochs: int = 0
    batch: int = 1
    accumulation: int = 1
    curve: Curve = "cosine"
    warmup: int = 0
    lr_floor: float = 0.0
    power: float = 1.0
    cycles: int = 3
    warmup_share: float = 0.0


def optim_faults(optim: Optim) -> list[tuple[bool, str]]:
    """Whether each rule is broken, and what to say then."""
    betas = (optim.beta1, optim.beta2)
    return [
        (
            not is_choice(optim.optimizer, Optimizer),
            f"optimizer is {optim.optimizer!r}; use {options(Optimizer)}.",
        ),
        (not 0 < optim.lr <= 1, f"lr is {optim.lr}; use a number above 0 and at most 1, like 1e-4."),
        (not optim.weight_decay >= 0, f"weight_decay is {optim.weight_decay}; use 0 or more."),
        (not 0 <= optim.beta1 < 1, f"beta1 is {optim.beta1}; use 0 up to, not including, 1."),
        (not 0 <= optim.beta2 < 1, f"beta2 is {optim.beta2}; use 0 up to, not including, 1."),
        (not optim.grad_clip > 0, f"grad_clip is {optim.grad_clip}; use a number above 0, usually 1."),
        (not 0 <= optim.ema_decay < 1, f"ema_decay is {optim.ema_decay}; use 0 for none, usually 0.99."),
        (
            optim.optimizer == "schedulefree" and optim.ema_decay > 0,
            "ema_decay is on with schedulefree, whose weights are a mean already; use 0.",
        ),
        (
            optim.optimizer == "prodigy" and 0 < optim.lr < 0.1,
            f"lr is {optim.lr} with prodigy, which finds the rate itself and multiplies it by lr; use 1.",
        ),
        (
            optim.optimizer == "adafactor" and betas != (Optim.beta1, Optim.beta2),
            f"betas are {betas} with adafactor, which has none; leave them at ({Optim.beta1}, {Optim.beta2}).",
        ),
        (
            optim.optimizer == "lion8bit" and 0.99 < optim.beta2 < 1,
            f"beta2 is {optim.beta2} with lion8bit, whose only memory of gradients it is; use 0.99.",
        ),
        (
            optim.optimizer == "schedulefree" and optim.beta1 == 0,
            "beta1 is 0 with schedulefree, which trains between its fast weights and their mean by it; use 0.9.",
        ),
    ]


def schedule_faults(schedule: Schedule, optim: Optim) -> list[tuple[bool, str]]:
    """Whether each rule is broken, and what to say then."""
    has_restarts = schedule.curve == "cosine_with_restarts"
    return [
        (schedule.steps < 1, f"steps is {schedule.steps}; use 1 or more."),
        (schedule.epochs < 0, f"epochs is {schedule.epochs}; use 0 to go by steps."),
        (schedule.batch < 1, f"batch is {schedule.batch}; use 1 or more."),
        (schedule.accumulation < 1, f"accumulation is {schedule.accumulation}; use 1 or more."),
        (not is_choice(schedule.curve, Curve), f"curve is {schedule.curve!r}; use {options(Curve)}."),
        (
            not 0 <= schedule.warmup < max(schedule.steps, 1),
            f"warmup is {schedule.warmup} of {schedule.steps} steps; use 0 up to fewer than steps.",
        ),
        (
            not 0 <= schedule.warmup_share < 1,
            f"warmup_share is {schedule.warmup_share}; use a share of the steps, 0 for none up to fewer than 1.",
        ),
        (
            not 0 <= schedule.lr_floor <= 1,
            f"lr_floor is {schedule.lr_floor}; use a fraction of lr, 0 to 1.",
        ),
        (not 0 < schedule.power <= 10, f"power is {schedule.power}; use above 0 to 10 (1 is a straight line)."),
        (schedule.cycles < 1, f"cycles is {schedule.cycles}; use 1 or more."),
        (
            has_restarts and 0 <= schedule.warmup < schedule.steps < schedule.warmup + schedule.cycles,
            f"cycles is {schedule.cycles} in {schedule.steps - schedule.warmup} steps after warmup; use fewer.",
        ),
        (
            optim.optimizer == "schedulefree" and schedule.curve != "constant",
            f"curve is {schedule.curve!r} with schedulefree, which averages weights in place of lowering lr; "
            "use 'constant'.",
        ),
    ]
