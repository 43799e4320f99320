"""kohya's settings (`sdxl_train_network.py`, `train_network.py` of sd-scripts 0.10) as a recipe.

What a file leaves out has kohya's default, not ours: it would train with rank 4, alpha 1 and learning rate 2e-6.
"""

from typing import Any

from ...errors import RecipeError
from ..arguments import several
from ..keys import Keys
from ..strangers import other_model
from .buckets import buckets
from .flux import MODULE, base_in, flow, flux_lora, frozen_text, is_flux, leave_flux_others, memory_of_flux
from .network import network
from .optimizer import optimizer
from .others import leave_others
from .places import DEFAULTS, NAMES
from .schedule import schedule
from .subsets import take_subsets
from .words import HUBER_SCHEDULES, LOSSES, PRECISIONS, SAVED

__all__ = ["DEFAULTS", "NAMES", "parts_of"]

_OTHER_MODELS = {
    "clip_g": "Stable Diffusion 3",
    "gemma2": "Lumina Image 2",
    "qwen3": "Anima",
    "byt5": "HunyuanImage 2.1",
}
"""Files of models that only those need."""
_OF_FLUX = ("ae", "t5xxl", "clip_l")


def parts_of(keys: Keys) -> dict[str, Any]:
    """A recipe's parts, as Recipe.from_json takes them. Keys without a counterpart are named by `keys.rest()`."""
    if is_flux(keys):
        return _flux_parts(keys)
    _refuse_other_models(keys)
    take_subsets(keys)
    lora = network(keys)
    default = _rate(keys, "learning_rate", DEFAULTS["optim.lr"])
    typed = _rate(keys, "unet_lr", default)
    optim = optimizer(keys)
    parts = {
        "lora": lora,
        "text": {"encoder_lr": _encoder_lr(keys, optim, default, typed), **_text(keys)},
        "optim": optim,
        "schedule": schedule(keys, optim["optimizer"]),
        "loss": _loss(keys),
        "prior": {"weight": keys.number("prior_loss_weight", 1.0)},
        "buckets": buckets(keys),
        "memory": _memory(keys) | {"quantization": base_in(keys)},
        "output": _output(keys),
        "seed": keys.whole("seed", 0),
    }
    leave_others(keys)
    return parts


def _flux_parts(keys: Keys) -> dict[str, Any]:
    """The same of FLUX.1, whose captions are read once and whose noise is another."""
    take_subsets(keys)
    leave_flux_others(keys)
    lora = flux_lora(keys)
    optim = optimizer(keys)
    frozen_text(keys)
    parts = {
        "lora": lora,
        "text": _text(keys),
        "optim": optim,
        "schedule": schedule(keys, optim["optimizer"]),
        "loss": _loss(keys),
        "flow": flow(keys),
        "prior": {"weight": keys.number("prior_loss_weight", 1.0)},
        "buckets": buckets(keys),
        "memory": memory_of_flux(keys, _memory(keys)),
        "output": _output(keys),
        "seed": keys.whole("seed", 0),
    }
    leave_others(keys)
    return parts


def _refuse_other_models(keys: Keys) -> None:
    # The modules of other models name them better.
    if not str(keys.peek("network_module") or "networks.lora").startswith(("networks.lora_", "networks.oft_")):
        found = next((model for key, model in _OTHER_MODELS.items() if key in keys), "")
        if found:
            raise other_model(keys.file, found)
        named = next((key for key in _OF_FLUX if key in keys), "")
        if named:
            raise RecipeError(
                f"{keys.file} names a file of FLUX.1 ({named}) and no network of it: network_module must be {MODULE}."
            )
    if keys.switch("v2"):
        raise other_model(keys.file, "Stable Diffusion 2")


def _rate(keys: Keys, key: str, default: float) -> float:
    """A rate that is taken elsewhere, where it is told if it cannot be read."""
    return Keys({key: keys.peek(key)}, keys.file).number(key, default)


def _text(keys: Keys) -> dict[str, Any]:
    return {
        "dropout": keys.number("caption_dropout_rate", 0.0),
        "shuffle": keys.switch("shuffle_caption"),
        "keep_tokens": keys.whole("keep_tokens", 0),
        "tag_dropout": keys.number("caption_tag_dropout_rate", 0.0),
        "clip_skip": keys.whole("clip_skip", 1) or 1,
    }


def _encoder_lr(keys: Keys, optim: dict[str, Any], default: float, typed: float) -> float:
    """Without one the text encoders learn at `learning_rate`, whatever `unet_lr` is; `typed` is the denoiser's."""
    is_frozen = keys.switch("network_train_unet_only")
    # Encoded once, they cannot learn.
    is_frozen = keys.switch("cache_text_encoder_outputs") or is_frozen
    given = keys.raw("text_encoder_lr")
    rates = several(given)
    # Whoever has a rate of its own, or none, does not go by that of all.
    if (is_frozen or rates) and keys.has_used("unet_lr"):
        keys.counts_for_nothing("learning_rate")
    if is_frozen:
        keys.counts_for_nothing("text_encoder_lr")
        return 0.0
    rate = Keys({"text_encoder_lr": rates[0]}, keys.file).number("text_encoder_lr", -1.0) if rates else default
    if rate < 0:
        keys.note("text_encoder_lr", given, "it must be a number; learning_rate counts, as without it")
        rate = default
    if len({str(each) for each in rates}) > 1:
        keys.note("text_encoder_lr", given, "both text encoders learn at the first rate")
    is_one_for_all = optim["optimizer"] == "prodigy" or typed != optim["lr"]
    if rate and is_one_for_all and rate != optim["lr"]:
        keys.note("text_encoder_lr", rate, f"{optim['lr']:g} is taken, as for the denoiser")
        return optim["lr"]
    return rate


def _loss(keys: Keys) -> dict[str, Any]:
    is_debiased = keys.switch("debiased_estimation_loss")
    gamma = keys.number("min_snr_gamma", 0.0)
    if is_debiased and gamma:
        keys.note("min_snr_gamma", gamma, "left out: debiased_estimation_loss weighs noise levels already")
    is_alpha, is_masked = keys.switch("alpha_mask"), keys.switch("masked_loss")
    loss = {
        "min_snr_gamma": 0.0 if is_debiased else gamma,
        "debiased": is_debiased,
        "noise_offset": keys.number("noise_offset", 0.0),
        "kind": keys.choice("loss_type", LOSSES, "l2"),
        "huber_c": keys.number("huber_c", 0.1) or 0.1,
        "huber_schedule": keys.choice("huber_schedule", HUBER_SCHEDULES, "snr"),
        "masked": is_masked or is_alpha,
    }
    if loss["masked"]:
        # What is masked counts as nothing there.
        loss["mask_floor"] = 0.0
    keys.leave("huber_scale", "no counterpart here", unless=(1, 1.0))
    return loss


def _memory(keys: Keys) -> dict[str, Any]:
    return {
        "precision": keys.choice("mixed_precision", PRECISIONS, "fp32"),
        "gradient_checkpointing": keys.switch("gradient_checkpointing"),
        "cache": "disk" if keys.switch("cache_latents_to_disk") else "memory",
    }


def _output(keys: Keys) -> dict[str, Any]:
    output: dict[str, Any] = {"precision": keys.choice("save_precision", SAVED, "fp32")}
    every = keys.whole("save_every_n_steps", 0)
    if every:
        output["save_every"] = every
    if sampled := keys.whole("sample_every_n_steps", 0):
        output["sample_every"] = sampled
    last = keys.whole("save_last_n_steps", 0)
    if last and every > 0:
        output["keep_last"] = max(1, last // every)
    elif last:
        keys.note("save_last_n_steps", last, "counts with save_every_n_steps alone")
    return output
