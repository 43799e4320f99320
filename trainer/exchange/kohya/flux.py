"""kohya's settings of FLUX.1 (`flux_train_network.py`) as a recipe: what they have beside or instead of SDXL's."""

from typing import Any

from ...errors import RecipeError
from ...recipe.flow import TimeSampling
from ...recipe.lora import Targets
from ...recipe.memory import Quantization
from ..arguments import arguments
from ..flow_text import name_tokens
from ..keys import PLACE, Keys
from ..strangers import other_model

MODULE = "networks.lora_flux"
OF_KINDS = {"networks.oft_flux": "an OFT"}
_TOKENS = "t5xxl_max_token_length"
_SPLIT = 18
"""Blocks that `split_mode` swaps today."""
_BLOCKS: dict[str, Targets] = {"all": "all", "double": "double_blocks", "single": "single_blocks"}
_SAMPLINGS: dict[str, TimeSampling] = {
    "sigma": "uniform",
    "uniform": "uniform",
    "sigmoid": "sigmoid",
    "shift": "shift",
    "flux_shift": "flux_shift",
}
_QUANTIZED: dict[str, Quantization] = {"nf4": "nf4", "int8": "int8", "fp8": "fp8", "none": "none"}
"""`quantize_base_model`, which guides write into settings of FluxGym."""
_DIMS = (
    *("img_attn_dim", "txt_attn_dim", "img_mlp_dim", "txt_mlp_dim", "img_mod_dim", "txt_mod_dim", "single_dim"),
    *("single_mod_dim", "in_dims", "train_double_block_indices", "train_single_block_indices", "network_reg_dims"),
    "network_reg_lrs",
)
_NOTHING = ("False", "false", "0", "0.0", 0, 0.0, "None", "none", False)
_NOT_OF_FLOW = (
    *("min_snr_gamma", "debiased_estimation_loss", "noise_offset", "clip_skip", "v_parameterization"),
    *("zero_terminal_snr", "scale_v_pred_loss_like_noise_pred", "v_pred_like_loss", "adaptive_noise_scale"),
    *("multires_noise_iterations", "multires_noise_discount", "noise_offset_random_strength", "max_token_length"),
    *("ip_noise_gamma", "ip_noise_gamma_random_strength", "no_half_vae", "mem_eff_save"),
)
"""Options that kohya's trainer of FLUX does not read."""


def is_flux(keys: Keys) -> bool:
    """Whether a network of FLUX.1 is trained."""
    return str(keys.peek("network_module")) in (MODULE, *OF_KINDS)


def flux_lora(keys: Keys) -> dict[str, Any]:
    """The recipe's adapter."""
    module = keys.word("network_module")
    if module in OF_KINDS:
        raise RecipeError(f"{keys.file} trains {OF_KINDS[module]}, which is not trained here; LoRA is.")
    if keys.word("model_type", "flux") == "chroma":
        raise other_model(keys.file, "Chroma")
    rank, alpha = keys.whole("network_dim", 4), keys.number("network_alpha", 1.0)
    inner = arguments(keys, "network_args")
    # The window of kohya_ss has it beside the network.
    inner.offer("train_blocks", keys.raw("train_blocks"))
    found = {
        "rank": rank,
        "alpha": alpha or float(rank),
        "kind": "lora",
        "targets": inner.choice("train_blocks", _BLOCKS, "all"),
    }
    inner.leave("split_qkv", "q, k and v learn apart here, and are saved as one", unless=("True", "true", True))
    for name in _DIMS:
        inner.leave(name, "all layers have one rank and rate here")
    for name in ("ggpo_beta", "ggpo_sigma", "rank_dropout", "module_dropout", "train_t5xxl"):
        inner.leave(name, "no counterpart here", unless=_NOTHING)
    for name in ("loraplus_lr_ratio", "loraplus_unet_lr_ratio", "loraplus_text_encoder_lr_ratio"):
        inner.leave(name, "both halves of a LoRA learn at one rate here", unless=_NOTHING)
    inner.changes_nothing("conv_dim", "conv_alpha", "verbose")
    keys.absorb(inner, "network_args")
    keys.leave("network_dropout", "no counterpart here", unless=_NOTHING)
    keys.leave("scale_weight_norms", "no counterpart here", unless=_NOTHING)
    keys.leave("dim_from_weights", "ranks are typed here")
    return found


def flow(keys: Keys) -> dict[str, Any]:
    """How noise levels are drawn, and what stands beside the caption."""
    said = str(keys.peek("timestep_sampling") or "sigma")
    sampling = keys.choice("timestep_sampling", _SAMPLINGS, "uniform")
    if said == "sigma":
        keys.note("timestep_sampling", said, "a shifted grid of levels, kohya's default: uniform is taken")
    shift, scale = keys.number("discrete_flow_shift", 3.0), keys.number("sigmoid_scale", 1.0)
    if sampling != "shift":
        keys.counts_for_nothing("discrete_flow_shift")
    if sampling in ("uniform", "weighted"):
        keys.counts_for_nothing("sigmoid_scale")
    _prediction(keys)
    keys.leave("weighting_scheme", "all noise levels count alike here", unless=("none", "uniform"))
    for name, nothing in (("logit_mean", 0.0), ("logit_std", 1.0), ("mode_scale", 1.29)):
        keys.leave(name, "of a weighting_scheme that is not here", unless=(nothing,))
    keys.leave("apply_t5_attn_mask", "what captions are filled up with is read as well, as ComfyUI does")
    return {
        "sampling": sampling,
        "sigmoid_scale": scale,
        "shift": shift if sampling == "shift" else 0.0,
        "guidance": keys.number("guidance_scale", 3.5),
        "text_tokens": name_tokens(keys, _TOKENS, "flux1", keys.whole(_TOKENS, 0)),
    }


def _prediction(keys: Keys) -> None:
    said = keys.word("model_prediction_type", "sigma_scaled")
    if said != "raw":
        keys.note("model_prediction_type", said, "what is predicted is compared as it is here, as with raw")


def base_in(keys: Keys) -> Quantization:
    """What the frozen base is kept in."""
    is_fp8 = keys.switch("fp8_base_unet")
    return "fp8" if keys.switch("fp8_base") or is_fp8 else "none"


def memory_of_flux(keys: Keys, memory: dict[str, Any]) -> dict[str, Any]:
    """Weights in 8 bits, blocks in the computer's memory, activations there."""
    kept = base_in(keys)
    swapped = keys.whole("blocks_to_swap", 0)
    if keys.switch("split_mode"):
        keys.note("split_mode", True, f"kohya swaps {_SPLIT} blocks in its place, and so does the recipe")
        swapped = swapped or _SPLIT
    return memory | {
        "quantization": keys.choice("quantize_base_model", _QUANTIZED, kept),
        "swapped_blocks": swapped,
        "offload_activations": keys.switch("cpu_offload_checkpointing"),
    }


def leave_flux_others(keys: Keys) -> None:
    """What is no setting of a recipe, or is not read with FLUX."""
    for name in ("ae", "clip_l", "t5xxl", "controlnet_model_name_or_path"):
        keys.leave(name, PLACE)
    keys.changes_nothing(*_NOT_OF_FLOW, "t5xxl_device", "t5xxl_dtype")
    keys.leave("t5xxl_lr", "the text encoders of FLUX are not trained here", unless=_NOTHING)


def frozen_text(keys: Keys) -> None:
    """CLIP learns with kohya unless it is told not to; here it never does."""
    is_frozen = keys.switch("network_train_unet_only")
    is_frozen = keys.switch("cache_text_encoder_outputs") or is_frozen
    is_frozen = keys.switch("cache_text_encoder_outputs_to_disk") or is_frozen
    given = keys.raw("text_encoder_lr")
    if not is_frozen and given not in (0, 0.0, "0", [0], [0.0]):
        why = "CLIP would learn there too: text encoders of FLUX are not trained here"
        keys.note("text_encoder_lr", given if given is not None else "learning_rate", why)
    else:
        keys.counts_for_nothing("text_encoder_lr")
