"""OneTrainer's text encoders as ours."""

from typing import Any

from ..keys import Keys
from . import words


def text(keys: Keys, optim: dict[str, Any], epochs: int, accumulation: int, *, is_xl: bool) -> dict[str, Any]:
    """Text encoders learn at the rate of all, for 30 epochs, unless the file says otherwise."""
    encoders = [(name, keys.inside(name)) for name in ("text_encoder", "text_encoder_2")]
    if not is_xl:
        keys.changes_nothing("text_encoder_2_layer_skip")
    found: list[dict[str, Any]] = []
    for number, (name, encoder) in enumerate(encoders):
        if number and not is_xl:
            # Stable Diffusion 1.5 has one.
            keys.neutral.append(name)
            continue
        found.append(_encoder(encoder, optim["lr"], epochs, accumulation))
        keys.absorb(encoder, name)
    learning = [each for each in found if each["encoder_lr"] > 0]
    chosen = dict(learning[0] if learning else found[0])
    if learning and len({str(each) for each in found}) > 1:
        keys.note("text_encoder_2", found[-1]["encoder_lr"], "both text encoders learn alike here")
    if optim["optimizer"] == "prodigy" and chosen["encoder_lr"] not in (0.0, optim["lr"]):
        rate = chosen["encoder_lr"]
        keys.note("text_encoder.learning_rate", rate, f"prodigy finds one rate for all: {optim['lr']:g} is taken")
        chosen["encoder_lr"] = optim["lr"]
    skip = keys.whole("text_encoder_layer_skip", 0)
    if skip and is_xl:
        keys.note("text_encoder_layer_skip", skip, "SDXL's text encoders are read at their last layer but one here")
    return chosen | {"clip_skip": 1 + skip if skip > 0 and not is_xl else 1}


def _encoder(encoder: Keys, lr: float, epochs: int, accumulation: int) -> dict[str, Any]:
    learns = encoder.switch("train", True)
    rate = encoder.number("learning_rate", lr)
    stop, unit = encoder.number("stop_training_after", 30), encoder.word("stop_training_after_unit", "EPOCH")
    found: dict[str, Any] = {
        "encoder_lr": rate if learns else 0.0,
        "dropout": encoder.number("dropout_probability", 0.0),
    }
    if learns and stop > 0 and unit == "EPOCH" and stop < epochs:
        found["encoder_share"] = stop / epochs
    elif learns and stop > 0 and unit == "STEP":
        found["encoder_steps"] = max(1, int(stop / max(accumulation, 1)))
    elif learns and unit not in ("EPOCH", "STEP", "NEVER"):
        encoder.note("stop_training_after", f"{stop:g} {unit}", "text encoders learn to the end here")
    if not encoder.switch("include", True):
        encoder.note("include", False, "captions are always read by all text encoders here")
    encoder.changes_nothing("__version", "model_name", "train_embedding", "guidance_scale", "gradient_checkpointing")
    encoder.changes_nothing("offload_fraction", "activation_offloading")
    encoder.leave("attention_mask", "no counterpart here")
    leave_weight_dtype(encoder)
    return found


def leave_weight_dtype(part: Keys) -> None:
    """Of a part of the model."""
    part.leave("weight_dtype", "frozen weights have the precision of training here", unless=("NONE", *words.DTYPES))
