"""A recipe as OneTrainer's JSON, and what of it OneTrainer cannot do."""

from typing import Any

from ...recipe.recipe import Recipe
from ..flow_bases import of_flow_bases
from ..keys import Left, inverted, left_out, of_early_stop, of_speed
from .flow import QUANTIZED
from .words import CURVES, DTYPES, FILTERS, OPTIMIZERS, TARGETS

_OPTIMIZERS, _CURVES, _QUANTIZED = inverted(OPTIMIZERS), inverted(CURVES), inverted(QUANTIZED)
_TARGETS, _FILTERS, _DTYPES = inverted(TARGETS), inverted(FILTERS), inverted(DTYPES)


def onetrainer_settings(recipe: Recipe) -> dict[str, Any]:
    """OneTrainer's words for a recipe; what it leaves out is its default."""
    is_packed = recipe.memory.quantization != "none"
    return {
        **_network(recipe),
        **_schedule(recipe),
        **_optimizer(recipe),
        "resolution": str(recipe.buckets.resolution),
        "aspect_ratio_bucketing": True,
        "latent_caching": True,
        **_loss(recipe),
        **_text(recipe),
        "train_dtype": _DTYPES[recipe.memory.precision],
        "output_dtype": _DTYPES[recipe.output.precision],
        **({"unet": {"weight_dtype": _QUANTIZED[recipe.memory.quantization]}} if is_packed else {}),
        "gradient_checkpointing": "ON" if recipe.memory.gradient_checkpointing else "OFF",
        "save_every": recipe.output.save_every * recipe.schedule.accumulation,
        "save_every_unit": "STEP",
        "sample_after": recipe.output.sample_every * recipe.schedule.accumulation,
        "sample_after_unit": "STEP" if recipe.output.sample_every else "NEVER",
    }


def _network(recipe: Recipe) -> dict[str, Any]:
    has_conv = recipe.lora.targets == "attention_mlp_conv"
    return {
        "training_method": "LORA",
        "peft_type": "LORA",
        "lora_rank": recipe.lora.rank,
        "lora_alpha": recipe.lora.alpha,
        "lora_decompose": recipe.lora.kind == "dora",
        # OneTrainer's "full" is more than our layers.
        "layer_filter_preset": "custom" if has_conv else _TARGETS.get(recipe.lora.targets, "attn-mlp"),
        "layer_filter": _FILTERS.get(recipe.lora.targets, "attentions"),
    }


def _schedule(recipe: Recipe) -> dict[str, Any]:
    schedule = recipe.schedule
    return {
        "learning_rate": recipe.optim.lr,
        "learning_rate_scheduler": _CURVES.get(schedule.curve, "COSINE"),
        "learning_rate_warmup_steps": _warmup(recipe),
        "learning_rate_cycles": schedule.cycles,
        "learning_rate_min_factor": schedule.lr_floor,
        "epochs": schedule.epochs or 100,
        "batch_size": schedule.batch,
        "gradient_accumulation_steps": schedule.accumulation,
    }


def _warmup(recipe: Recipe) -> float:
    """Batches, of which an update takes several; up to 1 would be a share of all."""
    schedule = recipe.schedule
    batches = schedule.warmup * schedule.accumulation
    return batches if batches > 1 else 1.5 if batches else schedule.warmup_share


def _optimizer(recipe: Recipe) -> dict[str, Any]:
    optim = recipe.optim
    is_prodigy = optim.optimizer == "prodigy"
    return {
        "optimizer": {
            "optimizer": _OPTIMIZERS.get(optim.optimizer, "ADAMW_8BIT"),
            "is_paged": optim.optimizer.startswith("paged"),
            "beta1": optim.beta1,
            "beta2": optim.beta2,
            "weight_decay": optim.weight_decay,
            **(dict.fromkeys(("use_bias_correction", "safeguard_warmup", "decouple"), True) if is_prodigy else {}),
        },
        "clip_grad_norm": optim.grad_clip,
        "ema": "GPU" if optim.ema_decay else "OFF",
        "ema_decay": optim.ema_decay or 0.999,
        "ema_update_step_interval": 1,
    }


def _loss(recipe: Recipe) -> dict[str, Any]:
    loss = recipe.loss
    weight = "DEBIASED_ESTIMATION" if loss.debiased else "MIN_SNR_GAMMA" if loss.min_snr_gamma else "CONSTANT"
    return {
        "loss_weight_fn": weight,
        "loss_weight_strength": loss.min_snr_gamma or 5.0,
        "offset_noise_weight": loss.noise_offset,
        "masked_training": loss.masked,
        "unmasked_weight": loss.mask_floor,
        "unmasked_probability": 0.0,
        "normalize_masked_area_loss": True,
    }


def _text(recipe: Recipe) -> dict[str, Any]:
    text = recipe.text
    batches = text.encoder_steps * recipe.schedule.accumulation
    encoder = {
        "stop_training_after": batches or None,
        "stop_training_after_unit": "STEP" if batches else "NEVER",
        "train": text.encoder_lr > 0,
        "learning_rate": text.encoder_lr or None,
        "dropout_probability": text.dropout,
    }
    return {"text_encoder": encoder, "text_encoder_2": encoder}


def onetrainer_cannot(recipe: Recipe) -> list[Left]:
    """Settings that OneTrainer has no word for, or another meaning."""
    lora = recipe.lora
    found = {
        "lora.kind": (lora.kind == "lokr", "written as plain LoRA"),
        "lora.rank_by_timestep": (lora.rank_by_timestep, "left out"),
        "lora.conv_rank": (lora.conv_rank > 0, "left out: one rank for all layers"),
        "schedule.steps": (not recipe.schedule.epochs, "OneTrainer goes by epochs: 100 are written"),
        "schedule.curve": (recipe.schedule.curve == "polynomial", "written as cosine"),
        "loss.kind": (recipe.loss.kind != "l2", "left out: its losses are mixed by strengths"),
        "text.encoder_share": (recipe.text.encoder_share > 0, "left out: they learn to the end"),
        "text.clip_skip": (recipe.text.clip_skip > 1, "set text_encoder_layer_skip for SD 1.5"),
        "text.shuffle": (recipe.text.shuffle, "set it on the concept"),
        "text.tag_dropout": (recipe.text.tag_dropout > 0, "set it on the concept"),
        "prior.images": (recipe.prior.images > 0, "OneTrainer draws none: add a concept of them"),
        "prior.output_weight": (recipe.prior.output_weight > 0, "add a PRIOR_PREDICTION concept"),
        "prior.delta_l2": (recipe.prior.delta_l2 > 0, "left out"),
        "seed": (recipe.seed > 0, "left out: set it there"),
        "seeds": (recipe.seeds > 1, "one run is written"),
        **of_early_stop(recipe),
        **of_speed(recipe),
        "optim.optimizer": (recipe.optim.optimizer not in _OPTIMIZERS, "written as ADAMW_8BIT with is_paged"),
        "lora.targets": (lora.targets not in _TARGETS, "attention and MLP are written"),
        "buckets.also": (bool(recipe.buckets.also), "left out"),
    }
    return [*left_out(recipe, found), *of_flow_bases(recipe, ("quantization",))]
