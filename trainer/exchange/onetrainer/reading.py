"""OneTrainer's JSON as a recipe. A preset holds only what differs from its defaults, so those stand for the rest."""

from typing import Any

from ...errors import RecipeError, shortened
from ..keys import PLACE, Keys, told
from ..strangers import other_model
from . import words
from .flow import FAMILIES, captions, flow, flow_targets, kept_in, transformer
from .lora import lora
from .optimizer import optimizer
from .places import DEFAULTS, NAMES
from .schedule import schedule
from .text import text

__all__ = ["DEFAULTS", "NAMES", "parts_of"]

_DEV = "flux.2-dev"


def parts_of(keys: Keys) -> dict[str, Any]:
    """A recipe's parts, as Recipe.from_json takes them. Keys without a counterpart are named by `keys.rest()`."""
    model = _model(keys)
    if model in FAMILIES:
        return _flow_parts(keys, FAMILIES[model])
    is_xl, is_lokr = model != "STABLE_DIFFUSION_15", _is_lokr(keys)
    unet = keys.inside("unet")
    optim = optimizer(keys, unet)
    epochs = keys.whole("epochs", 100)
    accumulation = keys.whole("gradient_accumulation_steps", 1)
    parts = {
        "lora": lora(keys, is_lokr=is_lokr),
        "text": text(keys, optim, epochs, accumulation, is_xl=is_xl),
        "optim": optim,
        "schedule": schedule(keys, optim["optimizer"], epochs, accumulation),
        "loss": _loss(keys),
        "buckets": _buckets(keys),
        "memory": _memory(keys, unet) | {"quantization": kept_in(unet)},
        "output": _output(keys, accumulation),
    }
    _unet(keys, unet)
    _leave_others(keys)
    return parts


def _flow_parts(keys: Keys, family: str) -> dict[str, Any]:
    """The same of bases that predict flow."""
    is_lokr = _is_lokr(keys)
    part = keys.inside("transformer")
    optim = optimizer(keys, part)
    epochs, accumulation = keys.whole("epochs", 100), keys.whole("gradient_accumulation_steps", 1)
    said = captions(keys)
    memory = _memory(keys, part) | {"quantization": kept_in(part), "text_quantization": said["quantization"]}
    parts = {
        "lora": lora(keys, is_lokr=is_lokr, targets=flow_targets(keys)),
        "text": {"dropout": said["dropout"]},
        "optim": optim,
        "schedule": schedule(keys, optim["optimizer"], epochs, accumulation),
        "loss": _of_flow(keys, _loss(keys)),
        "flow": flow(keys, part, family),
        "buckets": _buckets(keys),
        "memory": memory,
        "output": _output(keys, accumulation),
    }
    transformer(keys, part)
    keys.changes_nothing("unet", "text_encoder_layer_skip", "text_encoder_2_layer_skip")
    _leave_others(keys)
    return parts


def _of_flow(keys: Keys, loss: dict[str, Any]) -> dict[str, Any]:
    """The loss without what weighs noise levels of bases that predict noise."""
    if loss["min_snr_gamma"] or loss["debiased"]:
        keys.note("loss_weight_fn", "weights of noise levels", "for bases that predict noise: left out")
    if loss["noise_offset"]:
        keys.note("offset_noise_weight", loss["noise_offset"], "for bases that predict noise: left out")
    return loss | {"min_snr_gamma": 0.0, "debiased": False, "noise_offset": 0.0}


def _leave_others(keys: Keys) -> None:
    keys.changes_nothing(*words.NO_EFFECT)
    for name in words.PLACES:
        keys.leave(name, PLACE)
    for name, (why, nothing) in words.TOLD.items():
        keys.leave(name, why, unless=nothing)


def _model(keys: Keys) -> str:
    method, model = keys.word("training_method", "LORA"), keys.word("model_type")
    if model in words.MODELS and not (method == "LORA" and model in FAMILIES):
        raise other_model(keys.file, words.MODELS[model])
    if model == "FLUX_2" and _DEV in str(keys.peek("base_model_name")).lower():
        raise other_model(keys.file, "FLUX.2 dev")
    if model not in ("", *words.TRAINED, *FAMILIES):
        raise other_model(keys.file, told(model))
    if method != "LORA":
        kind = words.METHODS.get(method, "something else")
        raise RecipeError(f"{keys.file} trains {kind} (training_method {shortened(method)}), not a LoRA.")
    return model


def _is_lokr(keys: Keys) -> bool:
    kind = keys.word("peft_type", "LORA")
    if kind in words.KINDS:
        raise RecipeError(
            f"{keys.file} trains {words.KINDS[kind]}, which is not trained here; LoRA, DoRA and LoKr are."
        )
    if kind not in ("LORA", "LOKR"):
        keys.note("peft_type", kind, "not known here: LORA, OneTrainer's default, is taken")
    return kind == "LOKR"


def _loss(keys: Keys) -> dict[str, Any]:
    weight = keys.choice("loss_weight_fn", words.WEIGHTS, "", instead="CONSTANT")
    strength = keys.number("loss_weight_strength", 5.0)
    is_masked = keys.switch("masked_training")
    nothing = (0, 0.0)
    for name in ("mae_strength", "log_cosh_strength", "huber_strength"):
        keys.leave(name, "losses are not mixed here", unless=nothing)
    keys.leave("mse_strength", "losses are not mixed here", unless=(1, 1.0))
    keys.changes_nothing("huber_delta")
    if is_masked:
        if not keys.switch("normalize_masked_area_loss"):
            keys.note("normalize_masked_area_loss", False, "always so here")
        if unmasked := keys.number("unmasked_probability", 0.1):
            keys.note("unmasked_probability", unmasked, "masks count in every step here")
    keys.changes_nothing("normalize_masked_area_loss", "unmasked_probability")
    return {
        "min_snr_gamma": strength if weight == "min_snr" else 0.0,
        "debiased": weight == "debiased",
        "noise_offset": keys.number("offset_noise_weight", 0.0),
        "masked": is_masked,
        "mask_floor": keys.number("unmasked_weight", 0.1),
    }


def _buckets(keys: Keys) -> dict[str, Any]:
    given = keys.word("resolution", "512")
    first = given.replace("x", ",").split(",")[0].strip()
    if first != given.strip():
        keys.note("resolution", given, f"one resolution is trained here: {first}")
    side = Keys({"resolution": first}, keys.file).whole("resolution", 0)
    if not 64 <= side <= 1 << 16:
        keys.note("resolution", given, "a side like 1024 belongs here; OneTrainer's default, 512, is taken")
        side = 512
    step = 64
    if not keys.switch("aspect_ratio_bucketing", True):
        return {"resolution": side, "step": step, "shortest": side, "longest": side}
    return {"resolution": side, "step": step, "shortest": max(step, min(512, side // 2)), "longest": max(2048, side)}


def _memory(keys: Keys, unet: Keys) -> dict[str, Any]:
    """Whether the denoiser is checkpointed was one setting for all parts once."""
    old = keys.word("gradient_checkpointing", "ON").upper()
    return {
        "precision": keys.choice("train_dtype", words.DTYPES, "fp16"),
        "gradient_checkpointing": unet.switch("gradient_checkpointing", old not in ("OFF", "FALSE")),
    }


def _unet(keys: Keys, unet: Keys) -> None:
    if not unet.switch("train", True):
        raise RecipeError(f"{keys.file} trains the text encoders alone; here the denoiser always learns.")
    unit = unet.word("stop_training_after_unit", "NEVER")
    stop = unet.number("stop_training_after", 0)
    if unit != "NEVER" and stop:
        unet.note("stop_training_after", f"{stop:g} {unit}", "the denoiser learns to the end here")
    unet.changes_nothing("model_name", "include", "train_embedding", "dropout_probability", "attention_mask")
    unet.changes_nothing("__version", "guidance_scale", "activation_offloading")
    unet.leave("offload_fraction", "choose swapped_blocks", unless=(0, 0.0))
    keys.absorb(unet, "unet")


def _output(keys: Keys, accumulation: int) -> dict[str, Any]:
    output: dict[str, Any] = {"precision": keys.choice("output_dtype", words.DTYPES, "fp32")}
    for ours, count, unit in (
        ("save_every", "save_every", "save_every_unit"),
        ("sample_every", "sample_after", "sample_after_unit"),
    ):
        is_typed = count in keys or unit in keys
        number, said = keys.number(count, 0), keys.word(unit, "NEVER" if ours == "save_every" else "MINUTE")
        if said == "STEP" and number >= 1:
            # Of batches, of which an update takes several.
            output[ours] = max(1, int(number / max(accumulation, 1)))
        elif said not in ("NEVER", "STEP") and is_typed:
            keys.note(count, f"{number:g} {said}", "saving and sampling go by steps here")
        elif ours == "sample_every" and said == "NEVER" and is_typed:
            output[ours] = 0
    keys.leave(
        "output_model_format",
        "layers are saved by the names that ComfyUI reads best",
        unless=("KOHYA_LORA", "SAFETENSORS", "LEGACY_LORA", "COMFY_LORA"),
    )
    return output
