"""OneTrainer's JSON as a recipe."""

from collections.abc import Mapping
from typing import Any

from ..recipe.optim import Curve, Optimizer
from .keys import PLACE, Keys

OPTIMIZERS: Mapping[str, Optimizer] = {
    "ADAMW": "adamw",
    "ADAMW_8BIT": "adamw8bit",
    "LION_8BIT": "lion8bit",
    "ADAFACTOR": "adafactor",
    "PRODIGY": "prodigy",
    "SCHEDULE_FREE_ADAMW": "schedulefree",
}
CURVES: Mapping[str, Curve] = {
    "CONSTANT": "constant",
    "LINEAR": "linear",
    "COSINE": "cosine",
    "COSINE_WITH_RESTARTS": "cosine_with_restarts",
    "COSINE_WITH_HARD_RESTARTS": "cosine_with_restarts",
    "REX": "rex",
}
TARGETS = {
    "attn-only": "attention",
    "attn-mlp": "attention_mlp",
    "full": "attention_mlp_conv",
    "": "attention_mlp_conv",
}
DTYPES = {"BFLOAT_16": "bf16", "FLOAT_16": "fp16", "FLOAT_32": "fp32", "TFLOAT_32": "fp32"}
WEIGHTS = {"CONSTANT": "", "MIN_SNR_GAMMA": "min_snr", "DEBIASED_ESTIMATION": "debiased"}
_PLACES = (
    *("base_model_name", "concept_file_name", "concepts", "workspace_dir", "cache_dir", "output_model_destination"),
    *("sample_definition_file_name", "samples", "lora_model_name", "vae"),
)


def parts_of(keys: Keys) -> dict[str, Any]:
    """A recipe's parts, as Recipe.from_json takes them. Keys without a counterpart are named by `keys.rest()`."""
    encoders = [keys.inside(name) for name in ("text_encoder", "text_encoder_2")]
    lr = keys.number("learning_rate", 3e-4)
    parts = {
        "lora": _lora(keys),
        "text": _text(encoders, lr),
        "optim": _optimizer(keys, lr),
        "schedule": _schedule(keys),
        "loss": _loss(keys),
        "buckets": _buckets(keys),
        "memory": _memory(keys),
        "output": _output(keys),
    }
    for name in _PLACES:
        keys.leave(name, PLACE)
    for left in (left for encoder in encoders for left in encoder.rest()):
        keys.note(f"text_encoder.{left.key}", left.value, left.why)
    return parts


def _lora(keys: Keys) -> dict[str, Any]:
    method, kind = keys.word("training_method", "LORA"), keys.word("peft_type", "LORA")
    if method != "LORA":
        keys.note("training_method", method, "a LoRA is trained here")
    if kind != "LORA":
        keys.note("peft_type", kind, "trained as plain LoRA here")
    keys.leave("model_type", "read from the base model's file here")
    preset = keys.word("layer_filter_preset", "")
    if preset not in TARGETS:
        keys.note("layer_filter_preset", preset, "attention and MLP are trained")
    return {
        "rank": keys.whole("lora_rank", 16),
        "alpha": keys.number("lora_alpha", 1.0),
        "kind": "dora" if keys.switch("lora_decompose") else "lora",
        "targets": TARGETS.get(preset, "attention_mlp"),
    }


def _text(encoders: list[Keys], lr: float) -> dict[str, Any]:
    rates: list[float] = []
    dropouts: list[float] = []
    for encoder in encoders:
        learns = encoder.switch("train")
        rate = encoder.number("learning_rate", lr)
        dropouts.append(encoder.number("dropout_probability", 0.0))
        rates.append(rate if learns else 0.0)
    return {"encoder_lr": rates[0], "dropout": dropouts[0]}


def _optimizer(keys: Keys, lr: float) -> dict[str, Any]:
    inner = keys.inside("optimizer")
    optimizer = inner.choice("optimizer", OPTIMIZERS, "adamw")
    optim: dict[str, Any] = {
        "optimizer": optimizer,
        "lr": lr,
        "weight_decay": inner.number("weight_decay", 0.01),
        "grad_clip": keys.number("clip_grad_norm", 1.0),
        "ema_decay": keys.number("ema_decay", 0.999),
    }
    if keys.word("ema", "OFF") == "OFF":
        optim["ema_decay"] = 0.0
    betas = inner.number("beta1", 0.9), inner.number("beta2", 0.99 if optimizer == "lion8bit" else 0.999)
    if optimizer != "adafactor":
        optim |= {"beta1": betas[0], "beta2": betas[1]}
    for left in inner.rest():
        keys.note(f"optimizer.{left.key}", left.value, left.why)
    return optim


def _schedule(keys: Keys) -> dict[str, Any]:
    curve = keys.choice("learning_rate_scheduler", CURVES, "constant")
    warmup = keys.number("learning_rate_warmup_steps", 200)
    epochs = keys.whole("epochs", 100)
    schedule: dict[str, Any] = {
        # The steps stand for what epochs will make of them, so that a warmup in steps has room.
        "steps": max(1500, int(warmup) + 1),
        "epochs": epochs,
        "batch": keys.whole("batch_size", 1),
        "accumulation": keys.whole("gradient_accumulation_steps", 1),
        "curve": curve,
        "warmup": int(warmup) if warmup >= 1 else 0,
        "lr_floor": keys.number("learning_rate_min_factor", 0.0),
    }
    cycles = keys.number("learning_rate_cycles", 1)
    if curve == "cosine_with_restarts":
        schedule["cycles"] = max(1, int(cycles))
    if 0 < warmup < 1:
        keys.note("learning_rate_warmup_steps", warmup, "a share of the steps: left out, type steps")
    return schedule


def _loss(keys: Keys) -> dict[str, Any]:
    weight = keys.choice("loss_weight_fn", WEIGHTS, "")
    strength = keys.number("loss_weight_strength", 5.0)
    keys.leave("normalize_masked_area_loss", "always so here", unless=(True,))
    for name in ("mae_strength", "log_cosh_strength", "huber_strength"):
        keys.leave(name, "losses are not mixed here", unless=(0, 0.0))
    keys.leave("mse_strength", "losses are not mixed here", unless=(1, 1.0))
    return {
        "min_snr_gamma": strength if weight == "min_snr" else 0.0,
        "debiased": weight == "debiased",
        "noise_offset": keys.number("offset_noise_weight", 0.0),
        "masked": keys.switch("masked_training"),
        "mask_floor": keys.number("unmasked_weight", 0.1),
    }


def _buckets(keys: Keys) -> dict[str, Any]:
    given = keys.word("resolution", "1024")
    first = given.replace("x", ",").split(",")[0]
    if first != given:
        keys.note("resolution", given, "one resolution is trained here: the first")
    side = Keys({"resolution": first}, keys.file).whole("resolution", 1024)
    keys.leave("aspect_ratio_bucketing", "always so here", unless=(True,))
    keys.leave("latent_caching", "always so here", unless=(True,))
    return {"resolution": side, "shortest": min(512, side // 2), "longest": max(2048, side)}


def _memory(keys: Keys) -> dict[str, Any]:
    return {
        "precision": keys.choice("train_dtype", DTYPES, "fp32"),
        "gradient_checkpointing": keys.word("gradient_checkpointing", "ON") != "OFF",
    }


def _output(keys: Keys) -> dict[str, Any]:
    output: dict[str, Any] = {"precision": keys.choice("output_dtype", DTYPES, "fp16")}
    for ours, count, unit in (
        ("save_every", "save_every", "save_every_unit"),
        ("sample_every", "sample_after", "sample_after_unit"),
    ):
        number, said = keys.number(count, 0), keys.word(unit, "NEVER")
        if said == "STEP" and number >= 1:
            output[ours] = int(number)
        elif said not in ("NEVER", "STEP"):
            keys.note(count, f"{number:g} {said}", "saving and sampling go by steps here")
        elif ours == "sample_every" and said == "NEVER" and number:
            output[ours] = 0
    return output
