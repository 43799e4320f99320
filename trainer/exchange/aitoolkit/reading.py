"""ai-toolkit's jobs as a recipe. What they leave out has ai-toolkit's default, not ours."""

from collections.abc import Mapping
from typing import Any, cast

from ...errors import RecipeError
from ...recipe.memory import Quantization
from ..flow_text import name_tokens
from ..keys import PLACE, Keys, told
from ..sides import fitting_step
from ..strangers import MODELS, other_model
from . import words
from .datasets import buckets, datasets
from .network import network
from .places import DEFAULTS, NAMES
from .train import Pace, flow, loss, optimizer, pace, schedule

__all__ = ["DEFAULTS", "NAMES", "parts_of"]

FLOW = ("flux1", "z_image", "flux2")
_TRAINERS = ("sd_trainer", "ui_trainer", "diffusion_trainer")
_OTHER_FLUX = {"flex.1": "Flex.1", "flex1": "Flex.1", "fill": "FLUX.1 Fill", "flux.2-dev": "FLUX.2 dev"}
"""Parts of names of bases that are no FLUX.1, though their jobs call them so."""
_NAMED = {"klein": "flux2_klein_9b", "z-image": "zimage", "flux": "flux", "xl": "sdxl"}
"""Bases by parts of their names, the first that fits."""


def parts_of(keys: Keys) -> dict[str, Any]:
    """A recipe's parts, as Recipe.from_json takes them. Keys without a counterpart are named by `keys.rest()`."""
    process = _process(keys)
    model, train, save, sample = (process.inside(name) for name in ("model", "train", "save", "sample"))
    family = _family(keys, model)
    is_flow = family in FLOW
    rate = pace(keys, train)
    data = datasets(process)
    optim = optimizer(train)
    parts: dict[str, Any] = {
        "lora": network(process, is_flow=is_flow, is_flux=family == "flux1"),
        "text": data.text | {"encoder_lr": _encoder_lr(train, optim, is_flow=is_flow)},
        "optim": optim,
        "schedule": schedule(train, rate, optim["lr"]),
        "loss": loss(train, is_flow=is_flow) | data.masks,
        "prior": _prior(train),
        "buckets": fitting_step(keys, "datasets.bucket_tolerance", family, buckets(data)),
        "memory": _memory(train, model) | data.cache,
        "output": _output(save, sample, train, rate),
        "seed": process.whole("training_seed", 0),
    }
    if is_flow:
        parts["flow"] = flow(train) | {"text_tokens": name_tokens(keys, "text_tokens", family, 0)}
    for name, inner in (("model", model), ("train", train), ("save", save), ("sample", sample)):
        _leave(inner, name)
        process.absorb(inner, name)
    for inner, name in data.rows:
        _leave(inner, "dataset")
        process.absorb(inner, name)
    _leave(process, "process")
    _hand_back(keys, process)
    return parts


def is_job(values: Mapping[str, Any]) -> bool:
    """Whether settings are a job of ai-toolkit's."""
    config = values.get("config")
    return isinstance(config, Mapping) and isinstance(cast("Mapping[str, Any]", config).get("process"), list)


def _process(keys: Keys) -> Keys:
    """The one that trains; others beside it are told."""
    config = keys.inside("config")
    rows = config.raw("process")
    several = cast("list[Any]", rows) if isinstance(rows, list) else []
    first = several[0] if several else None
    if not isinstance(first, Mapping):
        raise RecipeError(f"{keys.file} is an ai-toolkit job without a process that trains.")
    if len(several) > 1:
        keys.note("config.process", f"{len(several)} processes", "the first is read")
    process = Keys(cast("Mapping[str, Any]", first), keys.file, keys.whose)
    kind = str(process.peek("type") or "sd_trainer")
    if kind not in _TRAINERS:
        raise RecipeError(f"{keys.file} is an ai-toolkit job of the type {told(kind)}, which trains no LoRA.")
    config.leave("name", PLACE)
    keys.absorb(config, "config")
    keys.changes_nothing("job", "meta")
    return process


def _family(keys: Keys, model: Keys) -> str:
    path = str(model.peek("name_or_path") or "").lower()
    flag = next((arch for name, arch in words.FLAGS.items() if model.switch(name)), "")
    arch = (model.word("arch") or flag).partition(":")[0] or _by_name(keys, path)
    found = next((title for part, title in _OTHER_FLUX.items() if part in path), "") if arch.startswith("flux") else ""
    if found or arch not in words.FAMILIES:
        title = found or MODELS.get(arch, arch)
        raise other_model(keys.file, f"{title} ({model.peek('name_or_path')})" if path else title)
    return words.FAMILIES[arch]


def _by_name(keys: Keys, path: str) -> str:
    """Where neither arch nor a flag is set, as in many guides, what the base is called."""
    found = next((arch for part, arch in _NAMED.items() if part in path), "sd1")
    if found != "sd1":
        family = words.FAMILIES[found]
        why = (
            f"not there, and ai-toolkit would take Stable Diffusion 1.5: by its name the base is of the family {family}"
        )
        keys.note("model.arch", None, why)
    return found


def _encoder_lr(train: Keys, optim: dict[str, Any], *, is_flow: bool) -> float:
    learns, rate = train.switch("train_text_encoder"), train.number("text_encoder_lr", optim["lr"])
    if not train.switch("train_unet", True):
        raise RecipeError(f"{train.file} trains the text encoders alone; here the denoiser always learns.")
    if learns and is_flow:
        train.note("train_text_encoder", True, "the text encoders of such bases are not trained here")
    if not learns or is_flow:
        train.counts_for_nothing("text_encoder_lr")
        return 0.0
    return optim["lr"] if optim["optimizer"] == "prodigy" else rate


def _prior(train: Keys) -> dict[str, Any]:
    weight = train.number("diff_output_preservation_multiplier", 1.0)
    is_kept = train.switch("diff_output_preservation")
    if not is_kept:
        train.counts_for_nothing("diff_output_preservation_multiplier")
        train.changes_nothing("diff_output_preservation_class")
    return {"weight": train.number("reg_weight", 1.0), "output_weight": weight if is_kept else 0.0}


def _memory(train: Keys, model: Keys) -> dict[str, Any]:
    is_quantized = model.switch("quantize")
    is_text_quantized = model.switch("quantize_te", is_quantized)
    kept, text = _quantized(model, "qtype", is_used=is_quantized), _quantized(model, "qtype_te", is_used=True)
    return {
        "precision": train.choice("dtype", words.PRECISIONS, "fp32"),
        "gradient_checkpointing": train.switch("gradient_checkpointing", True),
        "quantization": kept if is_quantized else "none",
        "text_quantization": text if is_text_quantized else "none",
    }


def _quantized(model: Keys, name: str, *, is_used: bool) -> Quantization:
    said = model.word(name, "qfloat8")
    kind, has_adapter, _ = said.lower().partition("|")
    nearest = next((ours for start, ours in words.NEAREST.items() if kind.startswith(start)), "fp8")
    found = words.QUANTIZED.get(kind, cast("Quantization", nearest))
    if is_used and (kind not in words.QUANTIZED or has_adapter):
        without = " without the adapter that makes up for it" if has_adapter else ""
        model.note(name, said, f"{found} is taken{without}; known are {', '.join(words.QUANTIZED)}")
    return found


def _output(save: Keys, sample: Keys, train: Keys, rate: Pace) -> dict[str, Any]:
    output: dict[str, Any] = {
        "save_every": rate.updates(save.whole("save_every", 1000)),
        "keep_last": save.whole("max_step_saves_to_keep", 5),
        "precision": save.choice("dtype", words.PRECISIONS, "fp16"),
        "sample_every": rate.updates(sample.whole("sample_every", 100)),
    }
    if train.switch("disable_sampling"):
        output["sample_every"] = 0
    prompts = [*_prompts(sample.raw("prompts")), *_prompts(sample.raw("samples"))]
    if prompts:
        output["samples"] = prompts
    return output


def _prompts(given: Any) -> list[str]:
    rows = cast("list[Any]", given) if isinstance(given, list) else []
    said = [cast("Mapping[str, Any]", row).get("prompt") if isinstance(row, Mapping) else row for row in rows]
    return [str(each).replace("[trigger]", "{trigger}") for each in said if isinstance(each, str) and each.strip()]


def _leave(inner: Keys, section: str) -> None:
    inner.changes_nothing(*words.NO_EFFECT.get(section, ()))
    for name in words.PLACES:
        inner.leave(name, PLACE)
    for name, (why, nothing) in words.TOLD.get(section, {}).items():
        inner.leave(name, why, unless=nothing)


def _hand_back(keys: Keys, process: Keys) -> None:
    """What became of the process' settings, by their names below it."""
    for left in process.rest():
        keys.note(left.key, left.value, left.why)
    keys.used += process.used
    keys.neutral += process.neutral
