"""A recipe as a job of ai-toolkit's."""

from typing import Any

from ...recipe.recipe import Recipe
from ..flow_bases import is_for_flow
from ..keys import inverted
from .words import CURVES, LAYERS, OPTIMIZERS, PRECISIONS, SAMPLINGS

_CURVES, _OPTIMIZERS, _PRECISIONS = inverted(CURVES), inverted(OPTIMIZERS), inverted(PRECISIONS)
_SAMPLINGS = inverted(SAMPLINGS)
_QUANTIZED = {"fp8": "qfloat8", "int8": "uint8", "int8_w8a8": "convrot8", "nf4": "uint4"}
BASES = {True: ("flux", "black-forest-labs/FLUX.1-dev"), False: ("sdxl", "stabilityai/stable-diffusion-xl-base-1.0")}


def aitoolkit_job(recipe: Recipe) -> dict[str, Any]:
    """A whole job; base and pictures are named in it as examples."""
    is_flow = is_for_flow(recipe)
    arch, base = BASES[is_flow]
    process = {
        "type": "sd_trainer",
        "training_folder": "output",
        "device": "cuda:0",
        "training_seed": recipe.seed,
        "network": _network(recipe, is_flow=is_flow),
        "save": {
            "dtype": _PRECISIONS[recipe.output.precision],
            "save_every": recipe.output.save_every,
            "max_step_saves_to_keep": recipe.output.keep_last or 1000,
        },
        "datasets": [_dataset(recipe)],
        "train": _train(recipe, is_flow=is_flow),
        "model": {"name_or_path": base, "arch": arch, **_quantized(recipe)},
        "sample": _sample(recipe, is_flow=is_flow),
    }
    return {"job": "extension", "config": {"name": "likeness", "process": [process]}, "meta": {"version": "1.0"}}


def _network(recipe: Recipe, *, is_flow: bool) -> dict[str, Any]:
    lora = recipe.lora
    network: dict[str, Any] = {
        "type": lora.kind,
        "linear": lora.rank,
        "linear_alpha": float(lora.rank) if is_flow else lora.alpha,
    }
    if lora.kind == "lokr":
        network |= {"lokr_factor": lora.factor, "lokr_full_rank": False}
    if not is_flow and lora.targets == "attention_mlp_conv":
        network |= {"conv": lora.conv_rank or lora.rank, "conv_alpha": lora.conv_alpha or lora.alpha}
    if is_flow and lora.targets in LAYERS:
        network["network_kwargs"] = {"only_if_contains": list(LAYERS[lora.targets])}
    return network


def _dataset(recipe: Recipe) -> dict[str, Any]:
    text, buckets = recipe.text, recipe.buckets
    return {
        "folder_path": "path/to/your/pictures",
        "caption_ext": "txt",
        "caption_dropout_rate": text.dropout,
        "shuffle_tokens": text.shuffle,
        "keep_tokens": text.keep_tokens,
        "token_dropout_rate": text.tag_dropout,
        "cache_latents_to_disk": recipe.memory.cache == "disk",
        "resolution": sorted({*buckets.also, buckets.resolution}),
        "bucket_tolerance": buckets.step,
        "alpha_mask": recipe.loss.masked,
        "mask_min_value": recipe.loss.mask_floor,
    }


def _train(recipe: Recipe, *, is_flow: bool) -> dict[str, Any]:
    optim, schedule, flow, prior = recipe.optim, recipe.schedule, recipe.flow, recipe.prior
    parameters: dict[str, Any] = {"weight_decay": optim.weight_decay}
    if optim.optimizer != "adafactor":
        parameters["betas"] = [optim.beta1, optim.beta2]
    train: dict[str, Any] = {
        "steps": schedule.steps,
        "batch_size": schedule.batch,
        "gradient_accumulation": schedule.accumulation,
        "lr": optim.lr,
        "optimizer": _OPTIMIZERS.get(optim.optimizer, "adamw8bit"),
        "optimizer_params": parameters,
        "max_grad_norm": optim.grad_clip,
        "ema_config": {"use_ema": optim.ema_decay > 0, "ema_decay": optim.ema_decay or 0.99},
        **_curve(recipe),
        "dtype": _PRECISIONS[recipe.memory.precision],
        "gradient_checkpointing": recipe.memory.gradient_checkpointing,
        "noise_scheduler": "flowmatch" if is_flow else "ddpm",
        "train_unet": True,
        "train_text_encoder": not is_flow and recipe.text.encoder_lr > 0,
        "reg_weight": prior.weight,
        "diff_output_preservation": prior.output_weight > 0,
        "disable_sampling": recipe.output.sample_every == 0,
    }
    if prior.output_weight:
        train["diff_output_preservation_multiplier"] = prior.output_weight
    if not is_flow:
        return train | _of_noise(recipe)
    train |= {"timestep_type": _SAMPLINGS.get(flow.sampling, "sigmoid"), "cfg_scale": flow.guidance}
    if flow.contrastive:
        train |= {"do_guidance_loss": True, "guidance_loss_target": flow.contrastive}
    return train


def _of_noise(recipe: Recipe) -> dict[str, Any]:
    found: dict[str, Any] = {"noise_offset": recipe.loss.noise_offset}
    if recipe.loss.min_snr_gamma:
        found["min_snr_gamma"] = recipe.loss.min_snr_gamma
    if recipe.text.encoder_lr:
        found["text_encoder_lr"] = recipe.text.encoder_lr
    return found


def _curve(recipe: Recipe) -> dict[str, Any]:
    schedule = recipe.schedule
    said = _CURVES.get(schedule.curve, "cosine")
    if said == "constant" and schedule.warmup:
        return {"lr_scheduler": "constant_with_warmup", "lr_scheduler_params": {"num_warmup_steps": schedule.warmup}}
    has_floor = said == "cosine" and schedule.lr_floor
    return {"lr_scheduler": said} | (
        {"lr_scheduler_params": {"eta_min": schedule.lr_floor * recipe.optim.lr}} if has_floor else {}
    )


def _quantized(recipe: Recipe) -> dict[str, Any]:
    memory = recipe.memory
    found: dict[str, Any] = {
        "quantize": memory.quantization != "none",
        "quantize_te": memory.text_quantization != "none",
    }
    for name, kind in (("qtype", memory.quantization), ("qtype_te", memory.text_quantization)):
        if kind != "none":
            found[name] = _QUANTIZED[kind]
    return found


def _sample(recipe: Recipe, *, is_flow: bool) -> dict[str, Any]:
    return {
        "sampler": "flowmatch" if is_flow else "ddpm",
        "sample_every": recipe.output.sample_every or 250,
        "width": recipe.buckets.resolution,
        "height": recipe.buckets.resolution,
        "prompts": [prompt.replace("{trigger}", "[trigger]") for prompt in recipe.output.samples],
        "guidance_scale": 4 if is_flow else 7,
        "sample_steps": 20,
    }
