"""A recipe as SimpleTuner's config.json, and what of it SimpleTuner cannot do."""

from typing import Any

from ...recipe.recipe import Recipe
from ..flow_bases import is_for_flow
from ..flow_text import HOST_TOKENS
from ..keys import Left, inverted, left_out
from .words import OPTIMIZERS, PRECISIONS, QUANTIZED, TARGETS

_OPTIMIZERS, _PRECISIONS, _TARGETS = inverted(OPTIMIZERS), inverted(PRECISIONS), inverted(TARGETS)
_QUANTIZED = inverted(QUANTIZED)
_BASES = {True: ("flux", "black-forest-labs/FLUX.1-dev"), False: ("sdxl", "stabilityai/stable-diffusion-xl-base-1.0")}
_SAMPLINGS = ("uniform", "sigmoid", "shift", "flux_shift")


def simpletuner_settings(recipe: Recipe) -> dict[str, Any]:
    """Options by name; base and pictures are named in it as examples."""
    is_flow = is_for_flow(recipe)
    family, base = _BASES[is_flow]
    lora, memory, output = recipe.lora, recipe.memory, recipe.output
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
        "mixed_precision": _PRECISIONS[memory.precision],
        "gradient_checkpointing": memory.gradient_checkpointing,
        "base_model_precision": _QUANTIZED[memory.quantization],
        "checkpoint_step_interval": output.save_every,
        "checkpoints_total_limit": output.keep_last or 1000,
        "validation_step_interval": output.sample_every or 250,
        "validation_disable": output.sample_every == 0,
        "validation_prompt": output.samples[0] if output.samples else "",
        "seed": recipe.seed,
    }
    settings |= {f"text_encoder_{n}_precision": _QUANTIZED[memory.text_quantization] for n in (1, 2)} if is_flow else {}
    if is_flow:
        return settings | _flow(recipe)
    return settings | ({"snr_gamma": recipe.loss.min_snr_gamma} if recipe.loss.min_snr_gamma else {})


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
    curve = _curve(recipe)
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


def _curve(recipe: Recipe) -> str:
    """Cosines there fall again every lr_warmup_steps: polynomial is nearest to one that falls once."""
    curve = recipe.schedule.curve
    return curve if curve in ("constant", "linear", "polynomial") else "polynomial"


def _flow(recipe: Recipe) -> dict[str, Any]:
    flow = recipe.flow
    sampling = _sampling(recipe)
    return {
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


def _sampling(recipe: Recipe) -> str:
    said = recipe.flow.sampling
    return said if said in _SAMPLINGS else "uniform" if said == "weighted" else "sigmoid"


def simpletuner_cannot(recipe: Recipe) -> list[Left]:
    """Settings that SimpleTuner has no word for, or another meaning."""
    is_flow, lora, schedule, text = is_for_flow(recipe), recipe.lora, recipe.schedule, recipe.text
    loss, memory, prior, flow, buckets = recipe.loss, recipe.memory, recipe.prior, recipe.flow, recipe.buckets
    curve = _curve(recipe)
    left = "left out"
    found = {
        "lora.kind": (lora.kind == "lokr", "written as plain LoRA: describe LoKr in a lycoris_config"),
        "lora.targets": (
            lora.targets not in _TARGETS if is_flow else lora.targets != "attention",
            "all layers are written" if is_flow else "SimpleTuner trains attention alone",
        ),
        "lora.conv_rank": (lora.conv_rank > 0, left),
        "lora.conv_alpha": (lora.conv_alpha > 0, left),
        "lora.rank_by_timestep": (lora.rank_by_timestep, left),
        "schedule.curve": (schedule.curve != curve, f"written as {curve}: cosines there fall again and again"),
        "schedule.warmup_share": (schedule.warmup_share > 0, left),
        "schedule.lr_floor": (schedule.lr_floor > 0 and curve != "polynomial", "left out: polynomial's alone"),
        "schedule.cycles": (schedule.curve == "cosine_with_restarts", left),
        "text.shuffle": (text.shuffle, "set it in the data backend"),
        "text.keep_tokens": (text.keep_tokens > 0, left),
        "text.tag_dropout": (text.tag_dropout > 0, left),
        "text.encoder_lr": (text.encoder_lr > 0, "left out: text encoders stay as they are"),
        "text.encoder_steps": (text.encoder_steps > 0, left),
        "text.encoder_share": (text.encoder_share > 0, left),
        "text.clip_skip": (text.clip_skip > 1, left),
        "loss.min_snr_gamma": (is_flow and loss.min_snr_gamma > 0, "left out: for bases that predict noise"),
        "loss.debiased": (loss.debiased, left),
        "loss.noise_offset": (loss.noise_offset > 0, left),
        "loss.masked": (loss.masked, "set it in the data backend"),
        "loss.mask_floor": (loss.masked, left),
        "prior.images": (prior.images > 0, "add a data backend of them (is_regularisation_data)"),
        "prior.weight": (prior.weight != 1, left),
        "prior.output_weight": (prior.output_weight > 0, left),
        "prior.delta_l2": (prior.delta_l2 > 0, left),
        "buckets.also": (bool(buckets.also), "add a data backend for each size"),
        "buckets.shortest": (buckets.shortest != buckets.resolution // 2, "SimpleTuner has no shortest side"),
        "buckets.longest": (buckets.longest != 2 * buckets.resolution, "SimpleTuner has no longest side"),
        "output.samples": (len(recipe.output.samples) > 1, "the first is written"),
        "output.precision": (recipe.output.precision != "bf16", "files are written in bf16 there"),
        "output.keep_last": (not recipe.output.keep_last, "written as 1000"),
        "seeds": (recipe.seeds > 1, "one seed is written"),
        "flow.sampling": (is_flow and flow.sampling not in _SAMPLINGS, f"written as {_sampling(recipe)}"),
        "flow.contrastive": (flow.contrastive > 0, left),
        "flow.shift": (flow.sampling == "shift" and not flow.shift, "written as 3"),
        "memory.deterministic": (memory.deterministic, left),
        "memory.cache": (memory.cache == "memory", "kept on disk there"),
        "memory.swapped_blocks": (memory.swapped_blocks > 0, "left out: set ramtorch there"),
        "memory.checkpointed_blocks": (memory.checkpointed_blocks > 0, "left out: all blocks are"),
        "memory.offload_activations": (memory.offload_activations, left),
        "memory.precompute_modulation": (memory.precompute_modulation, left),
        "memory.text_quantization": (not is_flow and memory.text_quantization != "none", left),
    }
    base = Left("pretrained_model_name_or_path", _BASES[is_flow][1], "an example: name your own base, and its family")
    return [base, *left_out(recipe, found)]
