"""A recipe as SimpleTuner's config.json."""

from typing import Any

from ...recipe.memory import Quantization
from ...recipe.recipe import Recipe
from ..flow_bases import is_for_flow
from ..flow_text import HOST_TOKENS
from ..keys import inverted
from .words import OPTIMIZERS, PRECISIONS, QUANTIZED, TARGETS

_OPTIMIZERS, _PRECISIONS, _TARGETS = inverted(OPTIMIZERS), inverted(PRECISIONS), inverted(TARGETS)
_QUANTIZED = inverted(QUANTIZED)
BASES = {True: ("flux", "black-forest-labs/FLUX.1-dev"), False: ("sdxl", "stabilityai/stable-diffusion-xl-base-1.0")}
SAMPLINGS = ("uniform", "sigmoid", "shift", "flux_shift")


def simpletuner_settings(recipe: Recipe) -> dict[str, Any]:
    """Options by name; base and pictures are named in it as examples."""
    is_flow = is_for_flow(recipe)
    family, base = BASES[is_flow]
    lora = recipe.lora
    settings: dict[str, Any] = {
        "model_type": "lora",
        "model_family": family,
        "pretrained_model_name_or_path": base,
        "lora_type": "standard",
        "lora_rank": lora.rank,
        "lora_alpha": lora.alpha,
        "lora_dropout": 0.0,
        "use_dora": lora.kind == "dora",
        "data_backend_config": "config/multidatabackend.json",
        "output_dir": "output/likeness",
        **_optimizer(recipe),
        **_schedule(recipe),
        "caption_dropout_probability": recipe.text.dropout,
        "resolution": recipe.buckets.resolution,
        "resolution_type": "pixel_area",
        "aspect_bucket_alignment": recipe.buckets.step,
        "loss_type": recipe.loss.kind,
        "huber_schedule": recipe.loss.huber_schedule,
        "huber_c": recipe.loss.huber_c,
        **_memory_and_files(recipe),
        "seed": recipe.seed,
    }
    if is_flow:
        return settings | _flow(recipe)
    return settings | ({"snr_gamma": recipe.loss.min_snr_gamma} if recipe.loss.min_snr_gamma else {})


def _precision(kept: Quantization) -> dict[str, Any]:
    if kept != "int8_w8a8":
        return {"base_model_precision": _QUANTIZED[kept]}
    # A scale for each row, and rotated: as it is here.
    sdnq = {"sdnq_use_quantized_matmul": True, "sdnq_use_hadamard": True, "sdnq_group_size": -1}
    return {"base_model_precision": "int8-sdnq", **sdnq}


def _memory_and_files(recipe: Recipe) -> dict[str, Any]:
    memory, output = recipe.memory, recipe.output
    return {
        "mixed_precision": _PRECISIONS[memory.precision],
        "gradient_checkpointing": memory.gradient_checkpointing,
        **_precision(memory.quantization),
        "checkpoint_step_interval": output.save_every,
        "checkpoints_total_limit": output.keep_last or 1000,
        "validation_step_interval": output.sample_every or 250,
        "validation_disable": output.sample_every == 0,
        "validation_prompt": output.samples[0] if output.samples else "",
    }


def _optimizer(recipe: Recipe) -> dict[str, Any]:
    optim = recipe.optim
    return {
        "optimizer": _OPTIMIZERS[optim.optimizer],
        "learning_rate": optim.lr,
        "adam_weight_decay": optim.weight_decay,
        "adam_beta1": optim.beta1,
        "adam_beta2": optim.beta2,
        "max_grad_norm": optim.grad_clip,
        "grad_clip_method": "norm",
        "use_ema": optim.ema_decay > 0,
        "ema_decay": optim.ema_decay or 0.995,
    }


def _schedule(recipe: Recipe) -> dict[str, Any]:
    schedule = recipe.schedule
    curve = written_curve(recipe)
    return {
        "max_train_steps": 0 if schedule.epochs else schedule.steps,
        "num_train_epochs": schedule.epochs,
        "train_batch_size": schedule.batch,
        "gradient_accumulation_steps": schedule.accumulation,
        "lr_scheduler": "constant_with_warmup" if curve == "constant" else curve,
        "lr_warmup_steps": schedule.warmup,
        "lr_power": schedule.power,
        "lr_end": schedule.lr_floor * recipe.optim.lr,
    }


def written_curve(recipe: Recipe) -> str:
    """Cosines there fall again every lr_warmup_steps: polynomial is nearest to one that falls once."""
    curve = recipe.schedule.curve
    return curve if curve in ("constant", "linear", "polynomial") else "polynomial"


def _text_precision(recipe: Recipe) -> str:
    return _QUANTIZED.get(recipe.memory.text_quantization, "int8-sdnq")


def _flow(recipe: Recipe) -> dict[str, Any]:
    flow = recipe.flow
    sampling = written_sampling(recipe)
    return {
        **{f"text_encoder_{n}_precision": _text_precision(recipe) for n in (1, 2)},
        "flux_lora_target": _TARGETS.get(recipe.lora.targets, "ai-toolkit"),
        "flow_schedule_shift": (flow.shift or 3.0) if sampling == "shift" else 0,
        "flow_schedule_auto_shift": sampling == "flux_shift",
        "flow_use_uniform_schedule": sampling == "uniform",
        "flow_sigmoid_scale": flow.sigmoid_scale,
        "flux_guidance_mode": "constant",
        "flux_guidance_value": flow.guidance,
        "tokenizer_max_length": flow.text_tokens or HOST_TOKENS["flux1"],
        "assistant_lora_strength": flow.assistant_training,
        "assistant_lora_inference_strength": flow.assistant_samples,
    }


def written_sampling(recipe: Recipe) -> str:
    said = recipe.flow.sampling
    return said if said in SAMPLINGS else "uniform" if said == "weighted" else "sigmoid"
