"""A recipe as kohya's settings of FLUX.1, for `flux_train_network.py`, and what of it kohya cannot do."""

from typing import Any

from ...recipe.recipe import Recipe
from ..flow_text import HOST_TOKENS
from ..keys import Left, left_out, of_speed
from .flux import MODULE
from .writing import is_in_fp8, kohya_cannot, kohya_settings, of_quantization

_BLOCKS = {"double_blocks": "double", "single_blocks": "single"}
_NOT_OF_FLOW = (
    "min_snr_gamma",
    "noise_offset",
    "debiased_estimation_loss",
    "clip_skip",
    "no_half_vae",
    "fp8_base_unet",
)
_DRAWN = ("uniform", "sigmoid", "shift", "flux_shift")
_LEAST_STEP = 32
_SHIFT = 3.1582
"""Of 1024 px, as kohya's own documentation advises."""


def flux_settings(recipe: Recipe) -> dict[str, Any]:
    """Settings by their option names."""
    settings = {name: value for name, value in kohya_settings(recipe).items() if name not in _NOT_OF_FLOW}
    settings.pop("network_args", None)
    settings.pop("text_encoder_lr", None)
    flow, memory = recipe.flow, recipe.memory
    settings |= {
        "network_module": MODULE,
        "network_train_unet_only": True,
        "timestep_sampling": _sampling(recipe),
        "sigmoid_scale": flow.sigmoid_scale,
        "discrete_flow_shift": flow.shift or _SHIFT,
        "model_prediction_type": "raw",
        "guidance_scale": flow.guidance,
        "t5xxl_max_token_length": flow.text_tokens or HOST_TOKENS["flux1"],
        "fp8_base": is_in_fp8(memory),
        "blocks_to_swap": memory.swapped_blocks,
        "bucket_reso_steps": _bucket_step(recipe),
        # kohya takes only one of the two.
        "cpu_offload_checkpointing": memory.offload_activations and not memory.swapped_blocks,
        "cache_text_encoder_outputs": not (recipe.text.dropout or recipe.text.changes_captions),
    }
    if recipe.lora.targets in _BLOCKS:
        settings["network_args"] = [f"train_blocks={_BLOCKS[recipe.lora.targets]}"]
    return settings


def flux_cannot(recipe: Recipe) -> list[Left]:
    """Settings that kohya has no word for, or another meaning."""
    lora, flow, memory, loss = recipe.lora, recipe.flow, recipe.memory, recipe.loss
    other = ("lora.targets", "lora.kind")
    shared = [left for left in kohya_cannot(recipe) if left.key not in other and not left.key.startswith("flow.")]
    kept = ("memory.deterministic", *of_speed(recipe))
    shared = [left for left in shared if not left.key.startswith("memory.") or left.key in kept]
    is_all = lora.targets == "all" or lora.targets in _BLOCKS
    found = {
        "lora.targets": (not is_all, "kohya trains all layers of FLUX's blocks: larger files"),
        "lora.kind": (lora.kind != "lora", "written as plain LoRA"),
        "buckets.step": (
            recipe.buckets.step % _LEAST_STEP != 0,
            f"kohya wants multiples of {_LEAST_STEP} with FLUX: {_bucket_step(recipe)} is written",
        ),
        "lora.conv_rank": (lora.conv_rank > 0, "left out: FLUX has no convolutions"),
        "lora.conv_alpha": (lora.conv_alpha > 0, "left out: FLUX has no convolutions"),
        "text.encoder_lr": (recipe.text.encoder_lr > 0, "left out: text encoders stay as they are"),
        "text.clip_skip": (recipe.text.clip_skip > 1, "left out: FLUX has none"),
        "loss.min_snr_gamma": (loss.min_snr_gamma > 0, "left out: for bases that predict noise"),
        "loss.debiased": (loss.debiased, "left out: for bases that predict noise"),
        "loss.noise_offset": (loss.noise_offset > 0, "left out: for bases that predict noise"),
        "flow.sampling": (flow.sampling not in _DRAWN, f"written as {_sampling(recipe)}"),
        "flow.shift": (not flow.shift and _sampling(recipe) == "shift", f"written as {_SHIFT}"),
        "flow.contrastive": (flow.contrastive > 0, "left out"),
        "flow.assistant_training": (flow.assistant_training != 1, "left out: kohya has no assistants"),
        "flow.assistant_samples": (flow.assistant_samples != 0, "left out: kohya has no assistants"),
        "memory.quantization": of_quantization(memory, "fp8_base"),
        "memory.text_quantization": (memory.text_quantization != "none", "left out"),
        "memory.offload_activations": (
            memory.offload_activations and memory.swapped_blocks > 0,
            "left out: kohya cannot beside blocks_to_swap",
        ),
        "memory.checkpointed_blocks": (memory.checkpointed_blocks > 0, "left out: all blocks are"),
        "memory.precompute_modulation": (memory.precompute_modulation, "left out"),
    }
    return [*shared, *left_out(recipe, found)]


def _bucket_step(recipe: Recipe) -> int:
    step = recipe.buckets.step
    return step if step % _LEAST_STEP == 0 else 2 * _LEAST_STEP


def _sampling(recipe: Recipe) -> str:
    said = recipe.flow.sampling
    return said if said in _DRAWN else "uniform" if said == "weighted" else "sigmoid"
