"""OneTrainer's optimizers and rates as ours."""

from typing import Any

from ...recipe.optim import Optimizer
from ..keys import Keys
from .words import OPTIMIZERS, STAND_INS

_DECAYS: dict[Optimizer, float] = {"adamw": 0.01, "adamw8bit": 0.01, "schedulefree": 0.01}
_SCALED_BY = {
    "BATCH": (1, 0),
    "GRADIENT_ACCUMULATION": (0, 1),
    "BOTH": (1, 1),
    "GLOBAL_BATCH": (1, 0),
    "GLOBAL_BOTH": (1, 1),
}
"""`learning_rate_scaler`: powers of batch and accumulation, whose root scales the rate."""
_NO_EFFECT = (
    *(
        "__version",
        "adam_w_mode",
        "capturable",
        "differentiable",
        "foreach",
        "fsdp_in_use",
        "fused",
        "fused_back_pass",
        "is_paged",
    ),
    *("log_every", "min_8bit_size", "quant_block_size", "percentile_clipping", "block_wise", "optim_bits"),
    *("stochastic_rounding", "use_triton", "compile", "bias_correction", "initial_accumulator_value", "max_unorm"),
    *("initial_accumulator", "muon_adam_config", "momentum", "dampening", "nesterov", "centered", "alpha", "ns_steps"),
    *(
        "split_groups",
        "split_groups_mean",
        "factored",
        "factored_fp32",
        "use_stableadamw",
        "d_limiter",
        "rms_rescaling",
    ),
    *("use_schedulefree", "weight_decay_by_lr", "muon_hidden_layers", "muon_adam_lr", "muon_te1_adam_lr", "xi", "k"),
    *("muon_te2_adam_lr", "beta2_normuon", "ortho_rank", "beta3_ema", "alpha_grad", "beta1_warmup", "min_beta1"),
    *("schedulefree_c", "prodigy_steps", "n_sma_threshold", "lr_decay"),
)
"""The machine's, and those of optimizers that are not here."""
_SWITCHES = (
    *("amsgrad", "maximize", "no_prox", "decoupled_decay", "fixed_decay", "rectify", "degenerated_to_sgd", "ams_bound"),
    *("adanorm", "adam_debias", "cautious", "use_speed", "use_cautious", "use_grams", "use_adopt", "use_orthograd"),
    *("nnmf_factor", "orthogonal_gradient", "use_atan2", "use_AdEMAMix", "Simplified_AdEMAMix", "kourkoutas_beta"),
    *("MuonWithAuxAdam", "muon_adam_regex", "normuon_variant", "low_rank_ortho", "accelerated_ns", "cautious_wd"),
    *("approx_mars", "auto_kappa_p"),
)
"""Off in every file that OneTrainer saves, but for optimizers that have them."""
_PRODIGY = {"use_bias_correction": True, "safeguard_warmup": True, "decouple": True}
_NOTHING: dict[str, tuple[Any, ...]] = {
    "eps": (1e-8, 1e-30),
    "eps2": (1e-3,),
    "clip_threshold": (1, 1.0),
    "decay_rate": (-0.8,),
    "d0": (1e-6,),
    "d_coef": (1, 1.0),
    "slice_p": (1,),
    "growth_rate": ("inf", "Infinity", float("inf")),
    "r": (0, 0.0),
    "weight_lr_power": (2, 2.0),
    "beta3": (),
}
"""Values that are the library's own, so that leaving the key out changes nothing."""
_OWN = {
    "prodigy": ("d0", "d_coef", "slice_p", "growth_rate", "beta3"),
    "adafactor": ("eps2", "clip_threshold", "decay_rate"),
    "schedulefree": ("r", "weight_lr_power"),
}
"""Whose alone those are."""


def optimizer(keys: Keys, unet: Keys) -> dict[str, Any]:
    """The recipe's optimizer; its rate is the denoiser's."""
    inner = keys.inside("optimizer")
    chosen = _chosen(inner)
    lr = unet.number("learning_rate", keys.number("learning_rate", 3e-6))
    if lr <= 0:
        keys.note("learning_rate", lr, "a rate above 0 belongs here; OneTrainer's default, 3e-06, is taken")
        lr = 3e-6
    optim: dict[str, Any] = {
        "optimizer": chosen,
        "lr": _scaled(keys, lr),
        "weight_decay": inner.number("weight_decay", _DECAYS.get(chosen, 0.0)),
        **_ema(keys, chosen),
    }
    clip = keys.raw("clip_grad_norm")
    optim["grad_clip"] = Keys({"clip_grad_norm": clip}, keys.file).number("clip_grad_norm", 1.0)
    _betas(inner, optim)
    _own_options(inner, chosen)
    inner.changes_nothing(*_NO_EFFECT)
    for name in _SWITCHES:
        inner.leave(name, "no counterpart here")
    inner.changes_nothing(*(name for owner, names in _OWN.items() if owner != chosen for name in names))
    for name, nothing in _NOTHING.items():
        inner.leave(name, "no counterpart here", unless=nothing)
    keys.absorb(inner, "optimizer")
    if chosen == "prodigy" and optim["lr"] < 0.1:
        keys.note("learning_rate", lr, "prodigy multiplies the rate it finds by it: 1 is taken")
        optim["lr"] = 1.0
    return optim


def _chosen(inner: Keys) -> Optimizer:
    said = inner.word("optimizer", "ADAMW")
    if said in OPTIMIZERS:
        return OPTIMIZERS[said]
    ours = STAND_INS.get(said, "adamw")
    inner.note("optimizer", said, f"not trained with here: {ours} is taken; known are {', '.join(OPTIMIZERS)}")
    return ours


def _scaled(keys: Keys, lr: float) -> float:
    said = keys.word("learning_rate_scaler", "NONE")
    if said not in _SCALED_BY:
        if said != "NONE":
            keys.note("learning_rate_scaler", said, "not known here: NONE, OneTrainer's default, is taken")
        return lr
    batch, accumulation = _SCALED_BY[said]
    pictures = _whole(keys, "batch_size") ** batch * _whole(keys, "gradient_accumulation_steps") ** accumulation
    return lr * pictures**0.5


def _whole(keys: Keys, key: str) -> int:
    return max(1, Keys({key: keys.peek(key)}, keys.file).whole(key, 1))


def _ema(keys: Keys, chosen: Optimizer) -> dict[str, Any]:
    decay, interval = keys.number("ema_decay", 0.999), keys.whole("ema_update_step_interval", 5)
    kind = keys.word("ema", "OFF").upper()
    if kind not in ("GPU", "CPU"):
        return {"ema_decay": 0.0}
    if chosen == "schedulefree":
        keys.note("ema", kind, "schedulefree's weights are a mean already: none is taken")
        return {"ema_decay": 0.0}
    if interval != 1:
        keys.note("ema_update_step_interval", interval, "the mean moves with every update here")
    return {"ema_decay": decay}


def _betas(inner: Keys, optim: dict[str, Any]) -> None:
    beta1, beta2 = inner.number("beta1", 0.9), inner.number("beta2", 0.999)
    if optim["optimizer"] == "adafactor":
        return
    if optim["optimizer"] == "lion8bit" and beta2 > 0.99:
        inner.note("beta2", beta2, "0.99 is taken, Lion's own: it is its only memory of gradients")
        beta2 = 0.99
    optim |= {"beta1": beta1, "beta2": beta2}


def _own_options(inner: Keys, chosen: Optimizer) -> None:
    if chosen == "prodigy":
        for name, ours in _PRODIGY.items():
            theirs = inner.switch(name)
            if theirs != ours:
                inner.note(name, theirs, f"always {ours} here")
    if chosen == "adafactor":
        for name in ("relative_step", "warmup_init", "scale_parameter"):
            inner.leave(name, "adafactor goes by learning_rate here")
    inner.changes_nothing(*_PRODIGY, "relative_step", "warmup_init", "scale_parameter")
