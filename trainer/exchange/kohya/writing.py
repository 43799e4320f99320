"""A recipe as kohya's settings, and what of it kohya cannot do."""

from typing import Any

from ...recipe.memory import Memory
from ...recipe.optimizers import OWN_OPTIONS
from ...recipe.recipe import Recipe
from ..flow_bases import of_flow_bases
from ..keys import Left, inverted, left_out, of_early_stop, of_speed
from .words import OPTIMIZERS, PRECISIONS, SAVED, bucket_settings

_OPTIMIZERS, _PRECISIONS, _SAVED = inverted(OPTIMIZERS), inverted(PRECISIONS), inverted(SAVED)


_PRESETS = {"attention": "attn-only", "attention_mlp": "attn-mlp", "attention_mlp_conv": "full"}
"""LyCORIS', whose own without one is "full"."""


def kohya_settings(recipe: Recipe) -> dict[str, Any]:
    """Settings for `sdxl_train_network.py` or `train_network.py`, by their option names."""
    schedule, buckets, text = recipe.schedule, recipe.buckets, recipe.text
    settings: dict[str, Any] = {
        **_network(recipe),
        **_optimizer(recipe),
        **_schedule(recipe),
        "train_batch_size": schedule.batch,
        "gradient_accumulation_steps": schedule.accumulation,
        "resolution": f"{buckets.resolution},{buckets.resolution}",
        **bucket_settings(buckets),
        "caption_extension": ".txt",
        "caption_dropout_rate": text.dropout,
        "shuffle_caption": text.shuffle,
        "keep_tokens": text.keep_tokens,
        "caption_tag_dropout_rate": text.tag_dropout,
        **_loss(recipe),
        **_memory_and_files(recipe),
        "seed": recipe.seed,
    }
    if text.clip_skip > 1:
        settings["clip_skip"] = text.clip_skip
    return {key: value for key, value in settings.items() if value is not None}


def kohya_cannot(recipe: Recipe) -> list[Left]:
    """Settings that kohya has no word for, or another meaning."""
    is_plain = recipe.lora.kind == "lora"
    found = {
        "lora.targets": (
            recipe.lora.targets not in _PRESETS or (recipe.lora.targets == "attention" and is_plain),
            "kohya trains attention and MLP of such bases",
        ),
        "lora.kind": (
            not is_plain and recipe.lora.targets == "attention_mlp_conv",
            "LyCORIS trains conv_in, conv_out and the embedding of time as well",
        ),
        "lora.rank_by_timestep": (recipe.lora.rank_by_timestep, "left out"),
        "schedule.curve": (recipe.schedule.curve == "rex", "written as cosine"),
        "schedule.lr_floor": (
            recipe.schedule.lr_floor > 0 and recipe.schedule.curve not in ("cosine", "rex"),
            "left out: kohya has a floor for cosine alone",
        ),
        "optim.ema_decay": (recipe.optim.ema_decay > 0, "left out"),
        "prior.images": (recipe.prior.images > 0, "kohya draws none: give it a folder of pictures (is_reg)"),
        "prior.output_weight": (recipe.prior.output_weight > 0, "left out"),
        "prior.delta_l2": (recipe.prior.delta_l2 > 0, "left out"),
        "loss.mask_floor": (recipe.loss.masked and recipe.loss.mask_floor > 0, "kohya counts masked parts as nothing"),
        "text.encoder_steps": (recipe.text.encoder_steps > 0, "left out: they learn to the end"),
        "text.encoder_share": (recipe.text.encoder_share > 0, "left out: they learn to the end"),
        "output.sample_every": (recipe.output.sample_every > 0, "samples need a prompt file with kohya"),
        "seeds": (recipe.seeds > 1, "one seed is written"),
        **of_early_stop(recipe),
        **of_speed(recipe),
        "memory.deterministic": (recipe.memory.deterministic, "left out"),
        "memory.quantization": of_quantization(recipe.memory, "fp8_base_unet"),
        "buckets.also": (bool(recipe.buckets.also), "set in the dataset file: a [[datasets]] for each size"),
    }
    return [*left_out(recipe, found), *of_flow_bases(recipe, ("quantization",))]


def is_in_fp8(memory: Memory) -> bool:
    """Whether kohya is to keep the base so, which it refuses without mixed precision."""
    return memory.quantization != "none" and memory.precision != "fp32"


def of_quantization(memory: Memory, written: str) -> tuple[bool, str]:
    """Whether what is `written` says less than the recipe, and what to say then."""
    if memory.quantization != "none" and not is_in_fp8(memory):
        return True, "left out: kohya packs no base in fp32"
    return memory.quantization not in ("none", "fp8"), f"written as {written}"


def _loss(recipe: Recipe) -> dict[str, Any]:
    loss = recipe.loss
    return {
        "prior_loss_weight": recipe.prior.weight,
        "noise_offset": loss.noise_offset or None,
        "min_snr_gamma": loss.min_snr_gamma or None,
        "debiased_estimation_loss": loss.debiased,
        "loss_type": loss.kind,
        "huber_schedule": loss.huber_schedule,
        "huber_c": loss.huber_c,
        "masked_loss": loss.masked,
        "alpha_mask": loss.masked,
    }


def _memory_and_files(recipe: Recipe) -> dict[str, Any]:
    return {
        "mixed_precision": _PRECISIONS[recipe.memory.precision],
        "save_precision": _SAVED[recipe.output.precision],
        "gradient_checkpointing": recipe.memory.gradient_checkpointing,
        # `fp8_base` would put text encoders into fp8 too.
        "fp8_base_unet": is_in_fp8(recipe.memory) or None,
        "cache_latents": True,
        "cache_latents_to_disk": recipe.memory.cache == "disk",
        "no_half_vae": True,
        "save_model_as": "safetensors",
        "save_every_n_steps": recipe.output.save_every,
    }


def _network(recipe: Recipe) -> dict[str, Any]:
    lora, text = recipe.lora, recipe.text
    has_conv = lora.targets == "attention_mlp_conv"
    conv = (
        [f"conv_dim={lora.conv_rank or lora.rank}", f"conv_alpha={lora.conv_alpha or lora.alpha}"] if has_conv else []
    )
    preset = f"preset={_PRESETS.get(lora.targets, _PRESETS['attention_mlp'])}"
    kind = {
        "lora": [],
        "dora": ["algo=lora", "dora_wd=True", preset],
        "lokr": ["algo=lokr", f"factor={lora.factor}", preset],
    }[lora.kind]
    settings: dict[str, Any] = {
        "network_module": "networks.lora" if lora.kind == "lora" else "lycoris.kohya",
        "network_dim": lora.rank,
        "network_alpha": lora.alpha,
        "network_train_unet_only": not text.encoder_lr,
    }
    if kind or conv:
        settings["network_args"] = [*kind, *conv]
    if text.encoder_lr:
        settings["text_encoder_lr"] = [text.encoder_lr]
    return settings


def _optimizer(recipe: Recipe) -> dict[str, Any]:
    optim = recipe.optim
    arguments = [f"weight_decay={optim.weight_decay}"]
    if optim.optimizer != "adafactor":
        arguments.append(f"betas=({optim.beta1},{optim.beta2})")
    arguments += [f"{name}={value}" for name, value in OWN_OPTIONS.get(optim.optimizer, {}).items()]
    return {
        "optimizer_type": _OPTIMIZERS[optim.optimizer],
        "optimizer_args": arguments,
        "learning_rate": optim.lr,
        "unet_lr": optim.lr,
        "max_grad_norm": optim.grad_clip,
    }


def _schedule(recipe: Recipe) -> dict[str, Any]:
    schedule = recipe.schedule
    curve: str = "cosine" if schedule.curve == "rex" else schedule.curve
    settings: dict[str, Any] = {"lr_warmup_steps": schedule.warmup or schedule.warmup_share or 0}
    if curve == "cosine" and schedule.lr_floor:
        curve = "cosine_with_min_lr"
        settings["lr_scheduler_min_lr_ratio"] = schedule.lr_floor
    if curve == "constant" and (schedule.warmup or schedule.warmup_share):
        curve = "constant_with_warmup"
    if curve == "cosine_with_restarts":
        settings["lr_scheduler_num_cycles"] = schedule.cycles
    if curve == "polynomial":
        settings["lr_scheduler_power"] = schedule.power
    if schedule.epochs:
        settings["max_train_epochs"] = schedule.epochs
    else:
        settings["max_train_steps"] = schedule.steps
    return {"lr_scheduler": curve, **settings}
