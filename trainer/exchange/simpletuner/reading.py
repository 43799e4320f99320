"""SimpleTuner's config.json or config.env as a recipe. What it leaves out has SimpleTuner's default, not ours."""

from collections.abc import Mapping
from typing import Any

from ...errors import RecipeError
from ...recipe.memory import Quantization
from ...recipe.optim import Curve, Optimizer
from ..flow_text import name_tokens
from ..keys import PLACE, Keys, told
from ..sides import fitting_step
from ..strangers import MODELS, other_model
from . import words
from .places import DEFAULTS, NAMES

__all__ = ["DEFAULTS", "NAMES", "parts_of"]

_SIGNS = {"model_family", "model_flavour", "data_backend_config", "lycoris_config", "lora_type", "model_type"}
_FLOW = ("flux1", "z_image", "flux2")
_TEXT_PRECISIONS = tuple(f"text_encoder_{number}_precision" for number in (1, 2, 3, 4))
_MOST_PIXELS = 1 << 16
_MEGAPIXEL = 1024
"""Side of a picture of the area 1.0."""


def parts_of(keys: Keys) -> dict[str, Any]:
    """A recipe's parts, as Recipe.from_json takes them. Keys without a counterpart are named by `keys.rest()`."""
    family = _family(keys)
    is_flow = family in _FLOW
    optim = _optimizer(keys)
    parts: dict[str, Any] = {
        "lora": _lora(keys, family),
        "text": {"dropout": keys.number("caption_dropout_probability", 0.0), "keep_tokens": 0},
        "optim": optim,
        "schedule": _schedule(keys, optim),
        "loss": _loss(keys, is_flow=is_flow),
        "buckets": fitting_step(keys, "aspect_bucket_alignment", family, _buckets(keys)),
        "memory": _memory(keys),
        "output": _output(keys),
        "seed": keys.whole("seed", 0),
    }
    if is_flow:
        parts["flow"] = _flow(keys, family)
    for name in words.PLACES:
        keys.leave(name, PLACE)
    for name, (why, nothing) in words.TOLD.items():
        keys.leave(name, why, unless=nothing)
    _drawn = [name for name in keys.waiting if name.startswith("validation_")]
    keys.changes_nothing(*words.NO_EFFECT, *_drawn)
    return parts


def is_configuration(values: Mapping[str, Any]) -> bool:
    """Whether settings are SimpleTuner's; its files may write options with their dashes."""
    names = {str(name).lstrip("-") for name in values}
    family = next((value for name, value in values.items() if str(name).lstrip("-") == "model_family"), None)
    return isinstance(family, str) or len(_SIGNS & names) >= 2


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same settings by names without dashes."""
    return {str(name).lstrip("-"): value for name, value in values.items()}


def _family(keys: Keys) -> str:
    said = keys.word("model_family")
    kind = keys.word("model_type", "lora" if "lora_rank" in keys or "lora_type" in keys else "full")
    model = MODELS.get(said, said) or "a model it does not name"
    if kind != "lora":
        raise RecipeError(f"{keys.file} trains {model} by model_type {told(kind)}, not a LoRA.")
    flavour = keys.word("model_flavour").lower()
    if flavour in ("kontext", "fluxbooru", "fill", "dev") and said == "flux2":
        raise other_model(keys.file, "FLUX.2 dev")
    if said.lower() not in words.FAMILIES:
        raise other_model(keys.file, model)
    if keys.word("lora_type", "standard").lower() != "standard":
        raise RecipeError(
            f"{keys.file} trains a LyCORIS network, described in a file of its own (lycoris_config); "
            "lora_type standard is read."
        )
    for name in ("controlnet", "control"):
        if keys.switch(name):
            raise RecipeError(f"{keys.file} trains a ControlNet ({name}), not a LoRA of what pictures show.")
    return words.FAMILIES[said.lower()]


def _lora(keys: Keys, family: str) -> dict[str, Any]:
    rank = keys.whole("lora_rank", 16)
    targets = "attention"
    for name in ("flux_lora_target", "lora_target"):
        given = keys.word(name)
        if given and family == "flux1":
            targets = words.TARGETS.get(given.lower(), "attention")
            if given.lower() not in words.TARGETS:
                keys.note(name, given, "layers are chosen by kind here: attention is trained")
        elif given:
            keys.note(name, given, "layers are chosen by kind here: attention is trained")
    return {
        "rank": rank,
        "alpha": keys.number("lora_alpha", float(rank)) or float(rank),
        "kind": "dora" if keys.switch("use_dora") else "lora",
        "targets": targets,
    }


def _optimizer(keys: Keys) -> dict[str, Any]:
    said = keys.word("optimizer", "adamw_bf16")
    chosen: Optimizer = words.OPTIMIZERS.get(said, "adamw")
    if said in words.STAND_INS:
        chosen, why = words.STAND_INS[said]
        keys.note("optimizer", said, f"{chosen} is taken, {why}")
    elif said not in words.OPTIMIZERS:
        keys.note("optimizer", said, f"not known here, adamw is taken; known are {', '.join(words.OPTIMIZERS)}")
    optim: dict[str, Any] = {
        "optimizer": chosen,
        "lr": keys.number("learning_rate", 4e-7),
        "weight_decay": keys.number("adam_weight_decay", 0.01 if "adamw" in chosen else 0.0),
        "grad_clip": _clip(keys),
        "ema_decay": _ema(keys),
    }
    beta1 = keys.number("optimizer_beta1", keys.number("adam_beta1", 0.9))
    beta2 = keys.number("optimizer_beta2", keys.number("adam_beta2", 0.99 if chosen == "lion8bit" else 0.999))
    if chosen != "adafactor":
        optim |= {"beta1": beta1, "beta2": beta2}
    keys.changes_nothing("adam_epsilon")
    if chosen == "prodigy" and optim["lr"] < 0.1:
        keys.note("learning_rate", optim["lr"], "prodigy multiplies the rate it finds by it: 1 is taken")
        optim["lr"] = 1.0
    return optim


def _clip(keys: Keys) -> float:
    """`value`, its default, cuts each number of a gradient; here the whole is scaled to a length."""
    clip, method = keys.number("max_grad_norm", 2.0), keys.word("grad_clip_method", "value")
    if method == "value" and clip > 0:
        keys.note("grad_clip_method", method, f"gradients are clipped by their norm here: to {clip:g}")
    if clip <= 0:
        keys.note("max_grad_norm", clip, "gradients are never clipped: taken as 1e9")
        return 1e9
    return clip


def _ema(keys: Keys) -> float:
    decay = keys.number("ema_decay", 0.995)
    if keys.switch("use_ema"):
        return decay
    keys.counts_for_nothing("ema_decay")
    return 0.0


def _schedule(keys: Keys, optim: dict[str, Any]) -> dict[str, Any]:
    steps, epochs = keys.whole("max_train_steps", 0), keys.whole("num_train_epochs", 1)
    is_constant = keys.peek("lr_scheduler") == "constant"
    curve = _curve(keys, optim["optimizer"])
    found: dict[str, Any] = {
        "steps": steps if steps > 0 else 1500,
        "epochs": 0 if steps > 0 else epochs,
        "batch": keys.whole("train_batch_size", 4),
        "accumulation": keys.whole("gradient_accumulation_steps", 1),
        "curve": curve,
        "power": 1.0,
    }
    power, end = keys.number("lr_power", 0.8), keys.number("lr_end", 4e-7)
    warmup = keys.whole("lr_warmup_steps", 0)
    if curve == "polynomial":
        found |= {"power": power, "lr_floor": min(1.0, end / optim["lr"]) if optim["lr"] > 0 else 0.0}
    else:
        keys.counts_for_nothing("lr_power", "lr_end")
    if warmup > 0 and is_constant:
        keys.note("lr_warmup_steps", warmup, "a constant rate has none there, constant_with_warmup has: none is taken")
        warmup = 0
    if found["epochs"]:
        # The steps stand for what epochs will make of them, so that a warmup has room.
        found["steps"] = max(found["steps"], warmup + 1)
    if warmup >= found["steps"]:
        keys.note("lr_warmup_steps", warmup, f"no shorter than the run of {found['steps']}: ends one step before it")
        warmup = found["steps"] - 1
    return found | {"warmup": max(0, warmup)}


def _curve(keys: Keys, chosen: Optimizer) -> Curve:
    said = keys.word("lr_scheduler", "constant_with_warmup")
    if said not in words.CURVES:
        keys.note("lr_scheduler", said, f"not known here, constant is taken; known are {', '.join(words.CURVES)}")
    elif said in ("sine", "cosine", "cosine_with_restarts"):
        keys.note("lr_scheduler", said, "falls once, to the last step, here; there again every lr_warmup_steps")
    curve = words.CURVES.get(said, "constant")
    curve = "cosine" if curve == "cosine_with_restarts" else curve
    if chosen == "schedulefree" and curve != "constant":
        keys.note("lr_scheduler", said, "schedulefree needs none: constant is taken")
        return "constant"
    return curve


def _loss(keys: Keys, *, is_flow: bool) -> dict[str, Any]:
    return {
        "kind": keys.choice("loss_type", words.LOSSES, "l2"),
        "huber_c": keys.number("huber_c", 0.1) or 0.1,
        "huber_schedule": keys.choice("huber_schedule", words.HUBER_SCHEDULES, "snr"),
        "min_snr_gamma": 0.0 if is_flow else keys.number("snr_gamma", 0.0),
    }


def _flow(keys: Keys, family: str) -> dict[str, Any]:
    """sigmoid, moved by a shift of 3 unless told otherwise."""
    shift, scale = keys.number("flow_schedule_shift", 3.0), keys.number("flow_sigmoid_scale", 1.0)
    is_auto, is_uniform = keys.switch("flow_schedule_auto_shift"), keys.switch("flow_use_uniform_schedule")
    is_moved = shift > 0 and shift != 1
    # A shift of 1 moves nothing, and still stands above the one by resolution.
    sampling = "shift" if is_moved else "flux_shift" if is_auto and shift <= 0 else "sigmoid"
    if keys.switch("flow_use_beta_schedule"):
        keys.note("flow_use_beta_schedule", True, f"no counterpart here: {sampling} is taken")
    keys.changes_nothing("flow_beta_schedule_alpha", "flow_beta_schedule_beta", "flow_timesteps_mode")
    if is_uniform:
        sampling = "uniform"
        keys.counts_for_nothing("flow_sigmoid_scale")
        if is_moved or is_auto:
            keys.note("flow_use_uniform_schedule", True, "evenly drawn levels are not moved by a shift here")
    guidance = keys.number("flux_guidance_value", 1.0)
    if keys.word("flux_guidance_mode", "constant") != "constant":
        keys.note("flux_guidance_mode", "random-range", f"one guidance is told here: {guidance:g}")
    keys.changes_nothing("flux_guidance_min", "flux_guidance_max")
    if keys.switch("disable_assistant_lora"):
        keys.note("disable_assistant_lora", True, "leave the assistant open at Choose base model")
    return {
        "sampling": sampling,
        "sigmoid_scale": scale,
        "shift": shift if sampling == "shift" else 0.0,
        "guidance": guidance,
        "text_tokens": name_tokens(keys, "tokenizer_max_length", family, keys.whole("tokenizer_max_length", 0)),
        "assistant_training": keys.number("assistant_lora_strength", 1.0),
        "assistant_samples": keys.number("assistant_lora_inference_strength", 0.0),
    }


def _buckets(keys: Keys) -> dict[str, Any]:
    given, kind = keys.number("resolution", 1024), keys.word("resolution_type", "pixel_area")
    side = given**0.5 * _MEGAPIXEL if kind == "area" and given > 0 else given
    if not 64 <= side <= _MOST_PIXELS:
        keys.note("resolution", given, "a side like 1024 belongs here; SimpleTuner's default, 1024, is taken")
        side = 1024
    if kind == "pixel":
        keys.note("resolution_type", kind, "pictures are trained at an area here, not at a shorter side")
    step = keys.whole("aspect_bucket_alignment", 64)
    if step < 8 or step % 8 or step > side:
        keys.note("aspect_bucket_alignment", step, "sides are multiples of 8 here: 64 is taken")
        step = 64
    side = int(side)
    return {"resolution": side, "step": step, "shortest": max(step, side // 2), "longest": side * 2}


def _memory(keys: Keys) -> dict[str, Any]:
    named = [name for name in _TEXT_PRECISIONS if name in keys]
    said = keys.peek(named[0]) if named else None
    found = {
        "precision": keys.choice("mixed_precision", words.PRECISIONS, "bf16"),
        "gradient_checkpointing": keys.switch("gradient_checkpointing", True),
        "quantization": _base_in(keys),
        "text_quantization": _quantized(keys, named[0]) if named else "none",
    }
    for name in named[1:]:
        keys.leave(name, "text encoders have one precision here", unless=("no_change", said))
    return found


def _base_in(keys: Keys) -> Quantization:
    kept = _quantized(keys, "base_model_precision")
    if not keys.switch("sdnq_use_quantized_matmul"):
        return kept
    if kept == "int8":
        return "int8_w8a8"
    if kept != "none":
        keys.note("sdnq_use_quantized_matmul", True, f"weights in {kept} are unpacked here before they are multiplied")
    return kept


def _quantized(keys: Keys, name: str) -> Quantization:
    said = keys.word(name, "no_change").lower()
    if said in words.QUANTIZED:
        return words.QUANTIZED[said]
    near: list[Quantization] = [ours for start, ours in words.NEAREST.items() if said.startswith(start)]
    taken: Quantization = near[0] if near else "none"
    keys.note(name, said, f"{taken} is taken; known are {', '.join(words.QUANTIZED)}")
    return taken


def _output(keys: Keys) -> dict[str, Any]:
    for old, new in (
        ("checkpointing_steps", "checkpoint_step_interval"),
        ("validation_steps", "validation_step_interval"),
    ):
        if old in keys:
            keys.rename(old, new)
    output: dict[str, Any] = {
        "save_every": max(1, keys.whole("checkpoint_step_interval", 500)),
        "sample_every": keys.whole("validation_step_interval", 100),
        "keep_last": keys.whole("checkpoints_total_limit", 5),
        "precision": "bf16",
    }
    if prompt := keys.word("validation_prompt"):
        output["samples"] = [prompt]
    if keys.switch("validation_disable"):
        output["sample_every"] = 0
    return output
