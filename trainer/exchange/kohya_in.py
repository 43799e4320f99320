"""kohya's settings (`sdxl_train_network.py`, `train_network.py` of sd-scripts 0.10) as a recipe.

What a file leaves out has kohya's default, not ours: it would train with rank 4, alpha 1 and learning rate 1e-6.
"""

import re
from collections.abc import Iterator
from typing import Any, cast

from ..errors import RecipeError
from .keys import PLACE, Keys
from .kohya_words import CURVES, LOSSES, OPTIMIZERS, PRECISIONS, SAVED

_NO_EFFECT = (
    *("xformers", "sdpa", "mem_eff_attn", "lowram", "highvram", "cache_latents", "vae_batch_size", "logging_dir"),
    *("log_with", "log_prefix", "max_data_loader_n_workers", "persistent_data_loader_workers", "save_state"),
    *("no_half_vae", "cache_text_encoder_outputs_to_disk"),
)
_PLACES = (
    *("pretrained_model_name_or_path", "train_data_dir", "reg_data_dir", "output_dir", "output_name", "vae"),
    *("dataset_config", "network_weights", "sample_prompts", "resume"),
)
_MOST_PIXELS = 1 << 16
_NUMBER = re.compile(r"\d*\.?\d+(?:[eE][-+]?\d+)?")


def parts_of(keys: Keys) -> dict[str, Any]:
    """A recipe's parts, as Recipe.from_json takes them. Keys without a counterpart are named by `keys.rest()`."""
    lora, algorithm = _network(keys)
    optim = _optimizer(keys)
    parts = {
        "lora": lora,
        "text": _text(keys, optim["lr"]),
        "optim": optim,
        "schedule": _schedule(keys, optim["optimizer"]),
        "loss": _loss(keys),
        "prior": {"weight": keys.number("prior_loss_weight", 1.0)},
        "buckets": _buckets(keys),
        "memory": _memory(keys),
        "output": _output(keys),
        "seed": keys.whole("seed", 0),
    }
    if algorithm:
        keys.note("network_args", f"algo={algorithm}", "LyCORIS' own kind, trained as plain LoRA here")
    _others(keys)
    return parts


def _network(keys: Keys) -> tuple[dict[str, Any], str]:
    """The adapter, and a LyCORIS kind that is not trained here."""
    module = keys.word("network_module", "networks.lora")
    rank, alpha = keys.whole("network_dim", 4), keys.number("network_alpha", 1.0)
    inner = Keys(dict(_pairs(keys.raw("network_args"))), keys.file)
    algorithm = inner.word("algo", "lora" if "lycoris" in module else "").lower()
    kind = "lokr" if algorithm == "lokr" else "lora"
    if inner.switch("dora_wd"):
        kind = "dora"
    conv = inner.whole("conv_dim", 0)
    lora = {
        "rank": rank,
        "alpha": alpha,
        "kind": kind,
        "targets": "attention_mlp_conv" if conv else "attention_mlp",
        "conv_rank": conv,
        "conv_alpha": inner.number("conv_alpha", 0.0),
    }
    factor = inner.whole("factor", 0)
    if factor > 0:
        lora["factor"] = factor
    for left in inner.rest():
        keys.note("network_args", f"{left.key}={left.value}", "no counterpart here")
    keys.leave("network_dropout", "no counterpart here", unless=(0, 0.0))
    keys.leave("scale_weight_norms", "no counterpart here", unless=(0, 0.0))
    return lora, "" if algorithm in ("", "lora", "locon", "lokr") else algorithm


def _optimizer(keys: Keys) -> dict[str, Any]:
    optimizer = keys.choice("optimizer_type", OPTIMIZERS, "adamw")
    if keys.switch("use_8bit_adam"):
        optimizer = "adamw8bit"
    lr = keys.number("unet_lr", keys.number("learning_rate", 1e-6))
    keys.raw("learning_rate")
    optim: dict[str, Any] = {"optimizer": optimizer, "lr": lr}
    clip = keys.number("max_grad_norm", 1.0)
    if clip > 0:
        optim["grad_clip"] = clip
    else:
        optim["grad_clip"] = 1e9
        keys.note("max_grad_norm", 0, "gradients are never clipped: taken as 1e9")
    if optimizer == "lion8bit":
        optim["beta2"] = 0.99
    for name, value in _pairs(keys.raw("optimizer_args")):
        if name == "weight_decay":
            optim["weight_decay"] = Keys({name: value}, keys.file).number(name, 0.01)
        elif name == "betas" and optimizer != "adafactor":
            found = [float(number) for number in _NUMBER.findall(str(value))]
            optim |= dict(zip(("beta1", "beta2"), found, strict=False))
        else:
            keys.note("optimizer_args", f"{name}={value}", "no counterpart here")
    return optim


def _schedule(keys: Keys, optimizer: str) -> dict[str, Any]:
    steps, epochs = keys.whole("max_train_steps", 1600), keys.whole("max_train_epochs", 0)
    warmup = keys.number("lr_warmup_steps", 0)
    schedule: dict[str, Any] = {
        "steps": steps,
        "epochs": epochs,
        "batch": keys.whole("train_batch_size", 1),
        "accumulation": keys.whole("gradient_accumulation_steps", 1),
        "curve": keys.choice("lr_scheduler", CURVES, "constant"),
        "warmup": round(warmup * steps) if 0 < warmup < 1 else int(warmup),
        "power": keys.number("lr_scheduler_power", 1.0),
        "lr_floor": keys.number("lr_scheduler_min_lr_ratio", 0.0),
    }
    cycles = keys.whole("lr_scheduler_num_cycles", 1)
    if schedule["curve"] == "cosine_with_restarts":
        schedule["cycles"] = cycles
    if optimizer == "schedulefree":
        schedule["curve"] = "constant"
    return schedule


def _text(keys: Keys, lr: float) -> dict[str, Any]:
    is_frozen = keys.switch("network_train_unet_only") or bool(keys.raw("cache_text_encoder_outputs"))
    given = keys.raw("text_encoder_lr")
    rates = _several(given)
    rate = lr if not rates else _rate(keys, rates[0])
    if len(set(map(str, rates))) > 1:
        keys.note("text_encoder_lr", given, "both text encoders learn at the first rate")
    return {
        "encoder_lr": 0.0 if is_frozen else rate,
        "dropout": keys.number("caption_dropout_rate", 0.0),
        "shuffle": keys.switch("shuffle_caption"),
        "keep_tokens": keys.whole("keep_tokens", 0),
        "tag_dropout": keys.number("caption_tag_dropout_rate", 0.0),
        "clip_skip": keys.whole("clip_skip", 1) or 1,
    }


def _loss(keys: Keys) -> dict[str, Any]:
    is_debiased = keys.switch("debiased_estimation_loss")
    gamma = keys.number("min_snr_gamma", 0.0)
    if is_debiased and gamma:
        keys.note("min_snr_gamma", gamma, "left out: debiased_estimation_loss weighs noise levels already")
    loss = {
        "min_snr_gamma": 0.0 if is_debiased else gamma,
        "debiased": is_debiased,
        "noise_offset": keys.number("noise_offset", 0.0),
        "kind": keys.choice("loss_type", LOSSES, "l2"),
        "huber_c": keys.number("huber_c", 0.1) or 0.1,
        "huber_schedule": keys.word("huber_schedule", "snr"),
        "masked": keys.switch("masked_loss") or keys.switch("alpha_mask"),
    }
    keys.raw("alpha_mask")
    keys.leave("huber_scale", "no counterpart here", unless=(1, 1.0))
    return loss


def _buckets(keys: Keys) -> dict[str, Any]:
    resolution = _resolution(keys)
    is_bucketed = keys.switch("enable_bucket")
    shortest, longest = keys.whole("min_bucket_reso", 256), keys.whole("max_bucket_reso", 1024)
    step = keys.whole("bucket_reso_steps", 64)
    keys.leave("bucket_no_upscale", "pictures smaller than their bucket are scaled up and named")
    if not is_bucketed:
        shortest = longest = resolution
    return {
        "resolution": resolution,
        "step": step,
        "shortest": min(shortest, resolution),
        "longest": max(longest, resolution),
    }


def _resolution(keys: Keys) -> int:
    """The side of a square of as many pixels."""
    sides = [Keys({"resolution": side}, keys.file).whole("resolution", 512) for side in _sides(keys.raw("resolution"))]
    if not 0 < min(sides) <= max(sides) <= _MOST_PIXELS:
        raise RecipeError(f"resolution is {', '.join(map(str, sides))} in {keys.file}; use sides like 1024.")
    return round((sides[0] * sides[-1]) ** 0.5)


def _memory(keys: Keys) -> dict[str, Any]:
    on_disk = keys.switch("cache_latents_to_disk")
    return {
        "precision": keys.choice("mixed_precision", PRECISIONS, "fp32"),
        "gradient_checkpointing": keys.switch("gradient_checkpointing"),
        "cache": "disk" if on_disk else "memory",
    }


def _output(keys: Keys) -> dict[str, Any]:
    output: dict[str, Any] = {"precision": keys.choice("save_precision", SAVED, "fp32")}
    if every := keys.whole("save_every_n_steps", 0):
        output["save_every"] = every
    if every := keys.whole("sample_every_n_steps", 0):
        output["sample_every"] = every
    last = keys.whole("save_last_n_steps", 0)
    if last and every:
        output["keep_last"] = max(1, last // output.get("save_every", last))
    return output


def _others(keys: Keys) -> None:
    for name in _PLACES:
        keys.leave(name, PLACE)
    for name in _NO_EFFECT:
        keys.leave(name, "changes no result here", unless=(0, 8, 1))
    for name in ("save_every_n_epochs", "sample_every_n_epochs"):
        keys.leave(name, "saving and sampling go by steps here")
    keys.leave("flip_aug", "faces are not mirrored here: nobody's are the same both ways round")
    keys.leave("color_aug", "colours are not changed here: they are part of who somebody is")
    keys.leave("random_crop", "pictures are cut at the centre here")
    keys.leave("save_model_as", "saved as safetensors here", unless=("safetensors",))
    keys.leave("caption_extension", "captions are .txt here", unless=(".txt",))
    keys.leave("max_token_length", "captions are cut at 75 tokens here", unless=(75,))
    for name in ("v_parameterization", "zero_terminal_snr", "v2", "sdxl"):
        keys.leave(name, "read from the base model's file here")


def _several(value: Any) -> list[Any]:
    """A list, or one value as a list of it; nothing as an empty one."""
    if value in (None, "", []):
        return []
    return list(cast(list[Any], value)) if isinstance(value, (list, tuple)) else [value]


def _rate(keys: Keys, value: Any) -> float:
    return Keys({"text_encoder_lr": value}, keys.file).number("text_encoder_lr", 0.0)


def _sides(value: Any) -> list[Any]:
    several = _several(value)
    return several if len(several) > 1 else str(several[0] if several else 512).split(",")


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    """`["conv_dim=8", …]`, or kohya_ss' one line of them."""
    words = _several(value)
    for word in words if len(words) != 1 else str(words[0]).split():
        name, _, given = str(word).partition("=")
        if name.strip():
            yield name.strip(), given.strip()
