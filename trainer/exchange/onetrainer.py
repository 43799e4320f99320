"""OneTrainer's JSON as a recipe, and a recipe as OneTrainer's JSON."""

from collections.abc import Mapping
from typing import Any

from ..recipe.optim import Curve, Optimizer
from ..recipe.recipe import Recipe
from .keys import Keys, Left

_OPTIMIZERS: Mapping[str, Optimizer] = {
    "ADAMW": "adamw",
    "ADAMW_8BIT": "adamw8bit",
    "LION_8BIT": "lion8bit",
    "ADAFACTOR": "adafactor",
    "PRODIGY": "prodigy",
    "SCHEDULE_FREE_ADAMW": "schedulefree",
}
_CURVES: Mapping[str, Curve] = {
    "CONSTANT": "constant",
    "LINEAR": "linear",
    "COSINE": "cosine",
    "COSINE_WITH_RESTARTS": "cosine_with_restarts",
    "COSINE_WITH_HARD_RESTARTS": "cosine_with_restarts",
    "REX": "rex",
}
_TARGETS = {
    "attn-only": "attention",
    "attn-mlp": "attention_mlp",
    "full": "attention_mlp_conv",
    "": "attention_mlp_conv",
}
_DTYPES = {"BFLOAT_16": "bf16", "FLOAT_16": "fp16", "FLOAT_32": "fp32", "TFLOAT_32": "fp32"}
_WEIGHTS = {"CONSTANT": "", "MIN_SNR_GAMMA": "min_snr", "DEBIASED_ESTIMATION": "debiased"}
_PLACES = (
    *("base_model_name", "concept_file_name", "concepts", "workspace_dir", "cache_dir", "output_model_destination"),
    *("sample_definition_file_name", "samples", "lora_model_name", "vae"),
)


def parts_of(keys: Keys) -> dict[str, Any]:
    """A recipe's parts, as Recipe.from_json takes them. Keys without a counterpart are told by `keys.rest()`."""
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
        keys.leave(name, "a place on a machine: choose base, pictures and names in the graph or on the command line")
    for left in (left for encoder in encoders for left in encoder.rest()):
        keys.tell(f"text_encoder.{left.key}", left.value, left.why)
    return parts


def onetrainer_settings(recipe: Recipe) -> dict[str, Any]:
    """OneTrainer's words for a recipe; what it leaves out is its default."""
    optim, schedule, loss, text = recipe.optim, recipe.schedule, recipe.loss, recipe.text
    named, curves = _turned(_OPTIMIZERS), _turned(_CURVES)
    targets, dtypes = _turned(_TARGETS), _turned(_DTYPES)
    weight = "DEBIASED_ESTIMATION" if loss.debiased else "MIN_SNR_GAMMA" if loss.min_snr_gamma else "CONSTANT"
    encoder = {
        "train": text.encoder_lr > 0,
        "learning_rate": text.encoder_lr or None,
        "dropout_probability": text.dropout,
    }
    return {
        "training_method": "LORA",
        "peft_type": "LORA",
        "lora_rank": recipe.lora.rank,
        "lora_alpha": recipe.lora.alpha,
        "lora_decompose": recipe.lora.kind == "dora",
        "layer_filter_preset": targets[recipe.lora.targets],
        "learning_rate": optim.lr,
        "learning_rate_scheduler": curves.get(schedule.curve, "COSINE"),
        "learning_rate_warmup_steps": schedule.warmup,
        "learning_rate_cycles": schedule.cycles,
        "learning_rate_min_factor": schedule.lr_floor,
        "epochs": schedule.epochs or 100,
        "batch_size": schedule.batch,
        "gradient_accumulation_steps": schedule.accumulation,
        "optimizer": {
            "optimizer": named[optim.optimizer],
            "beta1": optim.beta1,
            "beta2": optim.beta2,
            "weight_decay": optim.weight_decay,
        },
        "clip_grad_norm": optim.grad_clip,
        "ema": "GPU" if optim.ema_decay else "OFF",
        "ema_decay": optim.ema_decay or 0.999,
        "resolution": str(recipe.buckets.resolution),
        "aspect_ratio_bucketing": True,
        "latent_caching": True,
        "loss_weight_fn": weight,
        "loss_weight_strength": loss.min_snr_gamma or 5.0,
        "offset_noise_weight": loss.noise_offset,
        "masked_training": loss.masked,
        "unmasked_weight": loss.mask_floor,
        "normalize_masked_area_loss": True,
        "text_encoder": encoder,
        "text_encoder_2": encoder,
        "train_dtype": dtypes[recipe.memory.precision],
        "output_dtype": dtypes[recipe.output.precision],
        "gradient_checkpointing": "ON" if recipe.memory.gradient_checkpointing else "OFF",
        "save_every": recipe.output.save_every,
        "save_every_unit": "STEP",
        "sample_after": recipe.output.sample_every,
        "sample_after_unit": "STEP" if recipe.output.sample_every else "NEVER",
    }


def onetrainer_cannot(recipe: Recipe) -> list[Left]:
    """Settings that OneTrainer has no word for, or another meaning."""
    lora, data = recipe.lora, recipe.to_json()
    found = {
        "lora.kind": (lora.kind == "lokr", "written as plain LoRA"),
        "lora.rank_by_timestep": (lora.rank_by_timestep, "left out"),
        "lora.conv_rank": (lora.conv_rank > 0, "left out: one rank for all layers"),
        "schedule.steps": (not recipe.schedule.epochs, "OneTrainer goes by epochs: 100 are written"),
        "schedule.curve": (recipe.schedule.curve == "polynomial", "written as cosine"),
        "loss.kind": (recipe.loss.kind != "l2", "left out: its losses are mixed by strengths"),
        "text.shuffle": (recipe.text.shuffle, "set it on the concept"),
        "text.tag_dropout": (recipe.text.tag_dropout > 0, "set it on the concept"),
        "prior.images": (recipe.prior.images > 0, "OneTrainer draws none: add a concept of them"),
        "prior.output_weight": (recipe.prior.output_weight > 0, "add a PRIOR_PREDICTION concept"),
        "prior.delta_l2": (recipe.prior.delta_l2 > 0, "left out"),
        "seed": (recipe.seed > 0, "left out: set it there"),
        "seeds": (recipe.seeds > 1, "one run is written"),
    }

    def at(place: str) -> Any:
        part, _, name = place.partition(".")
        return data[part][name] if name else data[part]

    return [Left(place, at(place), why) for place, (is_told, why) in found.items() if is_told]


def _turned(words: Mapping[str, str]) -> dict[str, str]:
    """Our words to theirs; the first of theirs where several mean the same."""
    turned: dict[str, str] = {}
    for theirs, ours in words.items():
        turned.setdefault(ours, theirs)
    return turned


def _lora(keys: Keys) -> dict[str, Any]:
    method, kind = keys.word("training_method", "LORA"), keys.word("peft_type", "LORA")
    if method != "LORA":
        keys.tell("training_method", method, "a LoRA is trained here")
    if kind != "LORA":
        keys.tell("peft_type", kind, "trained as plain LoRA here")
    keys.leave("model_type", "read from the base model's file here")
    preset = keys.word("layer_filter_preset", "")
    if preset not in _TARGETS:
        keys.tell("layer_filter_preset", preset, "attention and MLP are trained")
    return {
        "rank": keys.whole("lora_rank", 16),
        "alpha": keys.number("lora_alpha", 1.0),
        "kind": "dora" if keys.switch("lora_decompose") else "lora",
        "targets": _TARGETS.get(preset, "attention_mlp"),
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
    optimizer = inner.choice("optimizer", _OPTIMIZERS, "adamw")
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
        keys.tell(f"optimizer.{left.key}", left.value, left.why)
    return optim


def _schedule(keys: Keys) -> dict[str, Any]:
    curve = keys.choice("learning_rate_scheduler", _CURVES, "constant")
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
        keys.tell("learning_rate_warmup_steps", warmup, "a share of the steps: left out, type steps")
    return schedule


def _loss(keys: Keys) -> dict[str, Any]:
    weight = keys.choice("loss_weight_fn", _WEIGHTS, "")
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
        keys.tell("resolution", given, "one resolution is trained here: the first")
    side = Keys({"resolution": first}, keys.file).whole("resolution", 1024)
    keys.leave("aspect_ratio_bucketing", "always so here", unless=(True,))
    keys.leave("latent_caching", "always so here", unless=(True,))
    return {"resolution": side, "shortest": min(512, side // 2), "longest": max(2048, side)}


def _memory(keys: Keys) -> dict[str, Any]:
    return {
        "precision": keys.choice("train_dtype", _DTYPES, "fp32"),
        "gradient_checkpointing": keys.word("gradient_checkpointing", "ON") != "OFF",
    }


def _output(keys: Keys) -> dict[str, Any]:
    output: dict[str, Any] = {"precision": keys.choice("output_dtype", _DTYPES, "fp16")}
    for ours, count, unit in (
        ("save_every", "save_every", "save_every_unit"),
        ("sample_every", "sample_after", "sample_after_unit"),
    ):
        number, said = keys.number(count, 0), keys.word(unit, "NEVER")
        if said == "STEP" and number >= 1:
            output[ours] = int(number)
        elif said not in ("NEVER", "STEP"):
            keys.tell(count, f"{number:g} {said}", "saving and sampling go by steps here")
        elif ours == "sample_every" and said == "NEVER" and number:
            output[ours] = 0
    return output
