"""OneTrainer's settings of bases that predict flow: FLUX.1, FLUX.2 klein and Z-Image."""

from collections.abc import Mapping
from typing import Any

from ...recipe.flow import TimeSampling
from ...recipe.lora import Targets
from ...recipe.memory import Quantization
from ..flow_text import name_tokens
from ..keys import Keys

FAMILIES: Mapping[str, str] = {"FLUX_DEV_1": "flux1", "FLUX_2": "flux2", "Z_IMAGE": "z_image"}
_TARGETS: Mapping[str, Targets] = {
    "full": "all",
    "blocks": "all",
    "attn-mlp": "attention_mlp",
    "attn-only": "attention",
}
QUANTIZED: Mapping[str, Quantization] = {
    "NFLOAT_4": "nf4",
    "FLOAT_8": "fp8",
    "INT_8": "int8",
    "INT_W8A8": "int8_w8a8",
}
_NEAREST: Mapping[str, Quantization] = {
    "FLOAT_W8A8": "fp8",
    "FLOAT_W8A8_COMPRESSED": "fp8",
    "INT_W8A8_COMPRESSED": "int8_w8a8",
}
"""Others in which it reckons in 8 bits."""
_READ_ONCE = ("text_encoder", "text_encoder_2")
_LENGTHS = {"flux1": ("text_encoder_2_sequence_length", 77), "flux2": ("text_encoder_sequence_length", 512)}


def flow_targets(keys: Keys) -> Targets:
    """Kinds of layers by OneTrainer's own presets, whose filters stand beside them."""
    preset = keys.word("layer_filter_preset", "full")
    keys.changes_nothing("layer_filter_regex")
    layers = keys.word("layer_filter")
    if preset in _TARGETS:
        keys.counts_for_nothing("layer_filter")
        if preset == "full":
            keys.note("layer_filter_preset", preset, "all layers of all blocks are trained; what is around them is not")
        return _TARGETS[preset]
    keys.note("layer_filter_preset", preset, f"layers are chosen by kind here ({layers}): all are trained")
    return "all"


def flow(keys: Keys, part: Keys, family: str) -> dict[str, Any]:
    """How noise levels are drawn, and what stands beside the caption."""
    said = keys.word("timestep_distribution", "UNIFORM")
    weight, bias = keys.number("noising_weight", 0.0), keys.number("noising_bias", 0.0)
    shift, is_dynamic = keys.number("timestep_shift", 1.0), keys.switch("dynamic_timestep_shifting")
    is_normal = said == "LOGIT_NORMAL"
    sampling: TimeSampling = "uniform"
    if is_normal:
        sampling = "flux_shift" if is_dynamic else "shift" if shift != 1 else "sigmoid"
    elif said != "UNIFORM":
        keys.note("timestep_distribution", said, "not known here: uniform is taken; known are UNIFORM, LOGIT_NORMAL")
    elif is_dynamic or shift != 1:
        name = "dynamic_timestep_shifting" if is_dynamic else "timestep_shift"
        keys.note(name, True if is_dynamic else shift, "evenly drawn levels are not moved by a shift here")
    if is_normal and bias:
        keys.note("noising_bias", bias, "levels are drawn around the middle here")
    if sampling != "shift":
        keys.counts_for_nothing("timestep_shift")
    length, default = _LENGTHS.get(family, ("text_encoder_sequence_length", 0))
    tokens = keys.whole(length, default) if default else 0
    return {
        "sampling": sampling,
        "sigmoid_scale": max(0.01, 1 + weight) if is_normal else 1.0,
        "shift": shift if sampling == "shift" else 0.0,
        "guidance": part.number("guidance_scale", 1.0),
        "text_tokens": name_tokens(keys, length, family, tokens) if default else 0,
    }


def captions(keys: Keys) -> dict[str, Any]:
    """Of text encoders that are read once and learn nothing here; and the precision they are read in."""
    kept: list[Quantization] = []
    dropout = 0.0
    for number, name in enumerate(_READ_ONCE):
        part = keys.inside(name)
        if part.switch("train", not number and bool(part.waiting)):
            part.note("train", True, "the text encoders of such bases are not trained here")
        dropout = max(dropout, part.number("dropout_probability", 0.0))
        kept.append(kept_in(part))
        for setting in part.waiting:
            part.changes_nothing(setting)
        keys.absorb(part, name)
    return {"dropout": dropout, "quantization": next((kind for kind in kept if kind != "none"), "none")}


def kept_in(part: Keys) -> Quantization:
    """What the weights of a part are kept in."""
    said = part.word("weight_dtype", "NONE")
    if said in _NEAREST:
        part.note("weight_dtype", said, f"{_NEAREST[said]}, which is nearest, is taken")
        return _NEAREST[said]
    if said.startswith("GGUF"):
        part.note("weight_dtype", said, "not here: nf4 is taken")
        return "nf4"
    if said not in QUANTIZED:
        part.counts_for_nothing("weight_dtype")
    return QUANTIZED.get(said, "none")


def transformer(keys: Keys, part: Keys) -> None:
    """What else is said of the part that learns."""
    part.changes_nothing("__version", "train", "include", "train_embedding", "dropout_probability", "attention_mask")
    part.leave("offload_fraction", "choose swapped_blocks", unless=(0, 0.0))
    part.leave("activation_offloading", "choose offload_activations")
    part.leave("model_name", "a place on a machine: choose the base in the graph or on the command line")
    unit = part.word("stop_training_after_unit", "NEVER")
    if (stop := part.number("stop_training_after", 0)) and unit != "NEVER":
        part.note("stop_training_after", f"{stop:g} {unit}", "the denoiser learns to the end here")
    keys.absorb(part, "transformer")
