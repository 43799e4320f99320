"""ai-toolkit's section `train` as ours: how long, how fast, at which noise levels, judged by what."""

from dataclasses import dataclass
from typing import Any, cast

from ...errors import RecipeError
from ..arguments import several
from ..keys import Keys
from . import words

_DECAYS = {"adamw": 0.01, "adamw8bit": 0.01}
_WARMUP = 1000
_AUTOMAGIC, _RATE_OF_OTHERS = "automagic", 1e-4
_PLAIN = {"eps", "eps2"}


@dataclass(frozen=True)
class Pace:
    """Pictures an update gathers, one batch after the other, and how many of its steps ai-toolkit makes of one."""

    accumulation: int = 1
    steps_an_update: int = 1

    def updates(self, steps: int) -> int:
        """So many of its steps in updates; 0 stays 0."""
        return max(1, round(steps / self.steps_an_update)) if steps > 0 else 0


def pace(keys: Keys, train: Keys) -> Pace:
    """`gradient_accumulation` gathers within a step; the older `gradient_accumulation_steps` counts each batch as one.

    RecipeError where both are set, which ai-toolkit refuses as well.
    """
    within, across = train.whole("gradient_accumulation", 1), train.whole("gradient_accumulation_steps", 1)
    if within > 1 and across != 1:
        raise RecipeError(
            f"{keys.file} sets gradient_accumulation and gradient_accumulation_steps, which ai-toolkit refuses as "
            "well: keep the first, whose steps are updates."
        )
    if across < 1:
        train.note("gradient_accumulation_steps", across, "gathers a whole round there: 1 is taken")
    elif across > 1:
        why = f"ai-toolkit counts each of {across} gathered batches as a step: steps are divided by {across} here"
        train.note("gradient_accumulation_steps", across, why)
        return Pace(across, across)
    return Pace(max(1, within), 1)


def optimizer(train: Keys) -> dict[str, Any]:
    """The recipe's optimizer; its rate is the denoiser's."""
    said = train.word("optimizer", "adamw").lower()
    lr = train.number("unet_lr", train.number("lr", 1e-6))
    chosen = words.OPTIMIZERS.get(said, "adamw8bit")
    if said in words.STAND_INS:
        chosen, why = words.STAND_INS[said]
        train.note("optimizer", said, f"{chosen} is taken, {why}")
    elif said not in words.OPTIMIZERS:
        train.note("optimizer", said, f"not known here, {chosen} is taken; known are {', '.join(words.OPTIMIZERS)}")
        if said.startswith(_AUTOMAGIC) and lr < _RATE_OF_OTHERS / 10:
            train.note("lr", lr, f"where {said} begins to look for a rate: {_RATE_OF_OTHERS:g} is taken")
            lr = _RATE_OF_OTHERS
    if chosen == "prodigy" and lr < 0.1:
        train.note("lr", lr, "prodigy multiplies the rate it finds by it: 1 is taken, as ai-toolkit does")
        lr = 1.0
    optim: dict[str, Any] = {"optimizer": chosen, "lr": lr, "ema_decay": _ema(train)}
    clip = train.number("max_grad_norm", 1.0)
    optim["grad_clip"] = clip if clip > 0 else 1e9
    return optim | _parameters(train, chosen)


def _parameters(train: Keys, chosen: str) -> dict[str, Any]:
    inner = train.inside("optimizer_params")
    found: dict[str, Any] = {"weight_decay": inner.number("weight_decay", _DECAYS.get(chosen, 0.0))}
    if chosen == "lion8bit":
        found["beta2"] = 0.99
    betas = inner.raw("betas")
    numbers = cast("list[Any]", betas) if isinstance(betas, list) else []
    if len(numbers) == 2 and chosen != "adafactor" and all(isinstance(each, (int, float)) for each in numbers):
        found |= {"beta1": float(numbers[0]), "beta2": float(numbers[1])}
    elif betas is not None:
        inner.note("betas", betas, "two numbers belong here; the library's own are taken")
    inner.changes_nothing(*_PLAIN)
    for name, ours in (("relative_step", False), ("scale_parameter", False), ("warmup_init", False)):
        inner.leave(name, f"always {ours} here")
    train.absorb(inner, "optimizer_params")
    return found


def _ema(train: Keys) -> float:
    inner = train.inside("ema_config")
    decay, is_used = inner.number("ema_decay", 0.999), inner.switch("use_ema")
    if not is_used:
        inner.counts_for_nothing("ema_decay")
    inner.leave("use_feedback", "no counterpart here")
    inner.leave("param_multiplier", "no counterpart here", unless=(1, 1.0))
    train.absorb(inner, "ema_config")
    return decay if is_used else 0.0


def schedule(train: Keys, rate: Pace, lr: float) -> dict[str, Any]:
    """The recipe's schedule, by steps as all of ai-toolkit's are."""
    steps = rate.updates(train.whole("steps", 1000)) or 1
    inner = train.inside("lr_scheduler_params")
    said = train.word("lr_scheduler", "constant").lower()
    curve = words.CURVES.get(said, "constant")
    if said not in words.CURVES:
        train.note("lr_scheduler", said, f"not here: constant is taken; known are {', '.join(words.CURVES)}")
    warmup = inner.whole("num_warmup_steps", _WARMUP if said == "constant_with_warmup" else 0)
    floor = inner.number("eta_min", 0.0)
    for name in inner.waiting:
        inner.leave(name, "no counterpart here")
    train.absorb(inner, "lr_scheduler_params")
    if rate.updates(warmup) >= steps:
        train.note("lr_scheduler_params.num_warmup_steps", warmup, "no shorter than the run: ends one step before it")
    return {
        "steps": steps,
        "batch": train.whole("batch_size", 1),
        "accumulation": rate.accumulation,
        "curve": curve,
        "cycles": 1,
        "lr_floor": min(1.0, floor / lr) if lr > 0 else 0.0,
        "warmup": min(rate.updates(warmup), steps - 1),
    }


def loss(train: Keys, *, is_flow: bool) -> dict[str, Any]:
    """What a prediction is judged by."""
    kind = train.word("loss_type", "mse")
    if kind not in ("mse", "l2"):
        train.note("loss_type", kind, "not known here: l2 is taken")
    gamma, offset = train.number("min_snr_gamma", 0.0), train.number("noise_offset", 0.0)
    scheduler = train.word("noise_scheduler", "flowmatch" if is_flow else "ddpm")
    if is_flow != (scheduler == "flowmatch"):
        train.note("noise_scheduler", scheduler, "the base decides what is predicted here")
    if is_flow:
        for name, value in (("min_snr_gamma", gamma), ("noise_offset", offset)):
            if value:
                train.note(name, value, "for bases that predict noise: left out")
        return {"min_snr_gamma": 0.0}
    return {"min_snr_gamma": gamma, "noise_offset": offset}


def flow(train: Keys) -> dict[str, Any]:
    """How noise levels are drawn, and what guidance is told."""
    said = train.word("timestep_type", "sigmoid")
    sampling = words.SAMPLINGS.get(said, "sigmoid")
    if said not in words.SAMPLINGS:
        train.note("timestep_type", said, f"not known here, sigmoid is taken; known are {', '.join(words.SAMPLINGS)}")
    elif sampling in ("shift", "flux_shift"):
        train.note("timestep_type", said, "levels are drawn around the middle before they are moved here, evenly there")
    for name in ("linear_timesteps", "linear_timesteps2"):
        if train.switch(name):
            sampling = "weighted"
            train.note(name, True, "weighted is taken: evenly drawn levels that count by a bell")
    lean = train.word("content_or_style", "balanced")
    if lean != "balanced":
        train.note("content_or_style", lean, "levels lean to one side there; choose shift in its place")
    return {"sampling": sampling, "guidance": train.number("cfg_scale", 1.0), "contrastive": _contrastive(train)}


def _contrastive(train: Keys) -> float:
    is_used, given = train.switch("do_guidance_loss"), train.raw("guidance_loss_target")
    first: Any = next(iter(several(given)), None)
    target = Keys({"guidance_loss_target": first}, train.file, train.whose).number("guidance_loss_target", 3.0)
    curve = train.word("guidance_loss_schedule", "constant")
    if not is_used:
        train.counts_for_nothing("guidance_loss_target", "guidance_loss_schedule")
        return 0.0
    if isinstance(given, list):
        train.note("guidance_loss_target", given, f"one guidance is trained at here: {target:g}")
    if curve != "constant":
        train.note("guidance_loss_schedule", curve, "the same guidance at all noise levels here")
    return target
