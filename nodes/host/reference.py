"""Reference latents with a strength, a window of time and a mask each, for bases that edit pictures.

The settings travel in the conditioning, beside core's `reference_latents`; what the model does by them is patched into
MODEL once. A reference that acts everywhere as core's own does needs no patch, and gets none.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import comfy.patcher_extension
import comfy.utils
import torch
from comfy.ldm.flux.model import Flux
from comfy.ldm.qwen_image.model import QwenImageTransformer2DModel
from torch import Tensor

from ...trainer.errors import ModelError
from .reference_tokens import RowTokens, drop_tokens, token_strengths, with_bias

_KEY = "likeness_references"
_LATENTS = "reference_latents"
_EDITING = (Flux, QwenImageTransformer2DModel)
_PIXELS, _STEP = 1024 * 1024, 16
_LOOSELY = 1e-4
"""Of sigma, so that rounding moves no step out of its window."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ReferenceUse:
    """`strength` 1 is core's; the odds of attention to the reference are multiplied by it. `start` and `end` are parts
    of the way from noise to a picture. `mask` (h, w), 0 to 1, tells what of the reference is seen; None: all."""

    strength: float = 1.0
    start: float = 0.0
    end: float = 1.0
    mask: Tensor | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end <= 1:
            raise ModelError(
                f"A reference cannot begin at {self.start:g} and end at {self.end:g}: give parts of the way from 0 to "
                "1, the beginning first."
            )

    @property
    def is_plain(self) -> bool:
        return self.mask is None and (self.strength, self.start, self.end) == (1, 0, 1)


@dataclass(frozen=True)
class _Acting:
    """By the host's name of a condition: of each reference that is set, what it is used as in this step."""

    uses: Mapping[Any, Mapping[int, tuple[float, Tensor | None]]]


def with_reference(model: Any, conditioning: Any, latent: Tensor, use: ReferenceUse) -> tuple[Any, Any]:
    """MODEL and CONDITIONING with one reference more; both as they came at strength 0.

    ModelError for a model that takes no reference latents.
    """
    refuse_without_references(model)
    if use.strength == 0:
        return model, conditioning
    entries = [[text, _told(settings, latent, use)] for text, settings in conditioning]
    return (model if use.is_plain else _patched(model)), entries


def refuse_without_references(model: Any) -> None:
    """ModelError for a model that takes no reference latents; said before a picture is encoded for it."""
    if not isinstance(model.model.diffusion_model, _EDITING):
        raise ModelError(
            f"{type(model.model).__name__} takes no reference pictures: use FLUX.1 Kontext, FLUX.2 or Qwen-Image-Edit, "
            "and for SD 1.5, SDXL and FLUX.1 Apply identity."
        )


def encoded(vae: Any, image: Tensor) -> Tensor:
    """A picture of IMAGE as a latent: scaled to about a megapixel, to sides that the model's patches divide."""
    height, width = image.shape[1:3]
    scale = (_PIXELS / (height * width)) ** 0.5
    high, wide = (max(_STEP, round(side * scale / _STEP) * _STEP) for side in (height, width))
    pixels = comfy.utils.common_upscale(image[:1, :, :, :3].movedim(-1, 1), wide, high, "lanczos", "disabled")
    return vae.encode(pixels.movedim(1, -1))


def _told(settings: Mapping[str, Any], latent: Tensor, use: ReferenceUse) -> dict[str, Any]:
    before = list(settings.get(_LATENTS) or [])
    told = {**settings, _LATENTS: [*before, latent]}
    return told if use.is_plain else {**told, _KEY: {**settings.get(_KEY, {}), len(before): use}}


def _patched(model: Any) -> Any:
    """A copy that heeds the settings; one that does already is as good."""
    kinds = comfy.patcher_extension.WrappersMP
    patched = model.clone()
    options = patched.model_options
    for kind, wrapper in ((kinds.CALC_COND_BATCH, _tell_uses), (kinds.DIFFUSION_MODEL, _use_references)):
        if not comfy.patcher_extension.get_wrappers_with_key(kind, _KEY, options, is_model_options=True):
            comfy.patcher_extension.add_wrapper_with_key(kind, _KEY, wrapper, options, is_model_options=True)
    return patched


def _tell_uses(executor: Any, model: Any, conds: Any, x: Any, timestep: Any, model_options: Any) -> Any:
    """Before the conditions are made batches, which leave the settings behind."""
    entries = [entry for cond in conds for entry in cond or () if _KEY in entry]
    if not entries:
        return executor(model, conds, x, timestep, model_options)
    sigma, sampling = float(timestep[0]), model.model_sampling
    uses = {
        entry["uuid"]: {n: (_strength(use, sigma, sampling), use.mask) for n, use in entry[_KEY].items()}
        for entry in entries
    }
    options = {**model_options.get("transformer_options", {}), _KEY: _Acting(uses)}
    return executor(model, conds, x, timestep, {**model_options, "transformer_options": options})


def _strength(use: ReferenceUse, sigma: float, sampling: Any) -> float:
    first, last = (float(sampling.percent_to_sigma(part)) for part in (use.start, use.end))
    return use.strength if last * (1 - _LOOSELY) <= sigma <= first * (1 + _LOOSELY) else 0.0


def _use_references(executor: Any, *args: Any, **named: Any) -> Any:
    """One pass of the model: references that nobody uses now are not there, others as strongly as they are used."""
    call = inspect.signature(executor.original).bind(*args, **named)
    options = call.arguments.get("transformer_options") or {}
    acting, references = options.get(_KEY), call.arguments.get("ref_latents")
    if acting is None or not references:
        return executor(*args, **named)
    rows = [acting.uses.get(name, {}) for name in options["uuids"]]
    patch = executor.class_obj.patch_size
    strengths = [_of_rows(rows, number, latent, patch) for number, latent in enumerate(references)]
    kept = [number for number, each in enumerate(strengths) if bool((each > 0).any())]
    call.arguments["ref_latents"] = [references[number] for number in kept] or None
    if kept:
        tokens = RowTokens.of([strengths[number] for number in kept], len(references[kept[0]]) // len(rows))
        call.arguments["transformer_options"] = _steered(options, tokens)
    return executor(*call.args, **call.kwargs)


def _of_rows(rows: Sequence[Mapping[int, Any]], number: int, latent: Tensor, patch: int) -> Tensor:
    """How strongly each token of a reference is used, by condition: (conditions, tokens)."""
    high, wide = (-(-side // patch) for side in latent.shape[-2:])
    frames = latent.shape[2] if latent.ndim == 5 else 1
    uses = [use.get(number, (1.0, None)) for use in rows]
    return torch.cat([token_strengths(strength, mask, (high, wide)).repeat(1, frames) for strength, mask in uses])


def _steered(options: Mapping[str, Any], tokens: RowTokens) -> dict[str, Any]:
    steered = dict(options)
    if tokens.is_cut:
        patches = options.get("patches", {})
        drop = drop_tokens(tokens)
        steered["patches"] = {**patches, "post_input": [drop, *patches.get("post_input", [])]}
    if tokens.bias is not None:
        steered["optimized_attention_override"] = with_bias(tokens.bias, options.get("optimized_attention_override"))
    return steered
