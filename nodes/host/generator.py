"""The Generator that draws with the host's MODEL, CLIP, VAE and sampler, so that samples look as they will in use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import comfy.model_management
import comfy.sample
import torch
from PIL import Image

from ...trainer.errors import Cancelled, ModelError
from ...trainer.generate.attachments import Attachment, Identity, Lora, Reference, Start, refuse_unsupported
from ...trainer.generate.attachments import Control as Hint
from ...trainer.generate.shot import batches
from ...trainer.images.pixels import load_rgb
from .compute import free_models
from .fingerprint import fingerprint
from .guidance import guided
from .images import as_saved, to_image
from .lora import apply_lora

if TYPE_CHECKING:
    from ...trainer.generate.shot import Shot
    from .brought import Brought

_SAMPLING = ("euler", "simple")
_FACTOR = 8
"""Pixels a latent of core's EmptyLatentImage, from which the host makes that of any model."""


@dataclass(frozen=True, kw_only=True)
class Control:
    """A CONTROL_NET that follows the hints of shots, up to `end` of the way (0 to 1)."""

    net: Any
    strength: float = 0.7
    end: float = 0.7

    def steered(self, conditioning: Any, hint: torch.Tensor, vae: Any) -> Any:
        """As ControlNetApplyAdvanced does; one net for both conditionings, so that it runs once a step."""
        net = self.net.copy().set_cond_hint(hint.movedim(-1, 1), self.strength, (0.0, self.end), vae=vae)
        return [
            [[text, {**extra, "control": net, "control_apply_to_uncond": False}] for text, extra in each]
            for each in conditioning
        ]


class HostGenerator:
    """Draws each shot as a core KSampler would. `sampling` names sampler and scheduler as it does; `releases` frees
    models after a call. Hints of shots are followed with `control` only; identities are brought by files, whose faces
    were read before.

    In batches sums are added in another order, so that single values may differ by one step of 255; `alone` draws each
    picture by itself, equal to the bit to what KSampler draws by itself.
    """

    def __init__(  # noqa: PLR0913
        self,
        model: Any,
        clip: Any,
        vae: Any,
        *,
        sampling: tuple[str, str] = _SAMPLING,
        control: Control | None = None,
        releases: bool = False,
        alone: bool = False,
    ) -> None:
        self._sampling = sampling
        self._control = control
        self._bare = (model, clip)
        self._vae = vae
        self._releases = releases
        self._alone = alone
        self._patched: tuple[Lora | None, tuple[Any, Any]] = (None, self._bare)

    @property
    def supports(self) -> frozenset[type[Attachment]]:
        """Hints too where there is a ControlNet to follow them."""
        return frozenset({Lora, Start, Reference, Identity}) | (frozenset() if self._control is None else {Hint})

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        """One RGB picture a shot, in order; neighbours that differ only in words and seed share a batch."""
        try:
            for batch in [[shot] for shot in shots] if self._alone else batches(shots):
                refuse_unsupported(batch[0].attachments, self.supports)
                _check(batch[0], self._factor())
                yield from self._draw(batch)
        except comfy.model_management.InterruptProcessingException as stop:
            raise Cancelled("Stopped while drawing; what was made is kept. Run again to go on from there.") from stop
        finally:
            if self._releases:
                free_models()

    def fingerprint(self) -> str:
        """Names what draws by content, so that kept pictures are never another's and a new load draws none anew."""
        model, clip = self._bare
        form = [model.get_model_object(name) for name in ("model_sampling", "latent_format")]
        words = [clip.layer_idx, clip.tokenizer_options, clip.use_clip_schedule, clip.apply_hooks_to_conds]
        return fingerprint(model, form, clip.patcher, words, self._vae.patcher, self._sampling, self._control)

    def _factor(self) -> int:
        """What sizes must be multiples of; formats of no power of two are rounded, as core does."""
        own = self._bare[0].get_model_object("latent_format").spacial_downscale_ratio
        return own if own % _FACTOR == 0 else _FACTOR

    @torch.inference_mode()
    def _draw(self, shots: Sequence[Shot]) -> list[Image.Image]:
        first = shots[0]
        model, clip = self._patched_with(first.lora)
        if first.identities:
            model = self._brought.on(model, first)
        shown = [to_image([load_rgb(one.path)]) for one in first.references]
        positive = _Words(clip, [shot.prompt for shot in shots], shown)
        negative = _Words(clip, [shot.negative for shot in shots], shown)
        if positive.lengths > 1 or negative.lengths > 1:
            return [picture for shot in shots for picture in self._draw([shot])]
        latents = self._latents(model, shots)
        # One generator a shot, as KSampler seeds a single picture: a picture does not depend on its batch.
        noise = torch.cat(
            [comfy.sample.prepare_noise(row[None], shot.seed) for row, shot in zip(latents, shots, strict=True)]
        )
        way = guided(model, first.guidance)
        told = way.told_to([positive.conditioning(), negative.conditioning()])
        model, pair = self._conditioned(model, first, told, shown)
        drawn = comfy.sample.sample(
            model,
            noise,
            first.steps,
            way.cfg,
            *self._sampling,
            *pair,
            latents,
            denoise=first.denoise,
            disable_pbar=True,
            seed=first.seed,
        )
        return as_saved(self._vae.decode(drawn))

    def _conditioned(
        self, model: Any, shot: Shot, pair: list[Any], shown: Sequence[torch.Tensor]
    ) -> tuple[Any, list[Any]]:
        """MODEL and both conditionings, with references in latent form and the ControlNet where the shot has them."""
        latents = [self._vae.encode(image) for image in shown]
        strengths = [each.strength for each in shot.references]
        if latents and all(strength == 1 for strength in strengths):
            pair = [[[text, {**extra, "reference_latents": latents}] for text, extra in each] for each in pair]
        elif latents:
            from .brought import referred

            model, pair = referred(model, pair, latents, strengths)
        if shot.control is None or self._control is None:
            return model, pair
        return model, self._control.steered(pair, to_image([load_rgb(shot.control.path)]), self._vae)

    def _latents(self, model: Any, shots: Sequence[Shot]) -> torch.Tensor:
        """Of the starting pictures, one a shot; empty where nothing is to be left of them, in the model's own form."""
        starts = [image for shot in shots if (image := shot.opened_start()) is not None]
        if starts and shots[0].denoise < 1:
            encoded = torch.cat([self._vae.encode(to_image([image])) for image in starts])
            return comfy.sample.fix_empty_latent_channels(model, encoded)
        # As EmptyLatentImage makes it and KSampler fits it: the host knows channels, factor and frames.
        empty = torch.zeros(len(shots), 4, shots[0].height // _FACTOR, shots[0].width // _FACTOR)
        return comfy.sample.fix_empty_latent_channels(model, empty, downscale_ratio_spacial=_FACTOR)

    def _patched_with(self, lora: Lora | None) -> tuple[Any, Any]:
        if lora is None or lora.strength == 0:
            return self._bare
        if self._patched[0] != lora:
            self._patched = (lora, apply_lora(*self._bare, lora.path, lora.strength))
        return self._patched[1]

    @cached_property
    def _brought(self) -> Brought:
        from .brought import Brought

        return Brought()


def _check(shot: Shot, factor: int) -> None:
    if shot.width % factor or shot.height % factor:
        raise ModelError(f"A picture of {shot.width} x {shot.height} cannot be drawn; use multiples of {factor}.")


class _Words:
    """Prompts encoded by the host, with `shown` pictures for text encoders that see. `lengths` counts how many
    different token counts they have."""

    def __init__(self, clip: Any, prompts: Sequence[str], shown: Sequence[torch.Tensor] = ()) -> None:
        seen = {"images": list(shown)} if shown else {}
        made = {
            prompt: clip.encode_from_tokens_scheduled(clip.tokenize(prompt, **seen))[0]
            for prompt in dict.fromkeys(prompts)
        }
        self._encoded = [made[prompt] for prompt in prompts]
        self.lengths = len({text.shape[1] for text, _ in self._encoded})

    def conditioning(self) -> Any:
        """The host's CONDITIONING, one row a prompt."""
        text, extra = torch.cat([text for text, _ in self._encoded]), dict(self._encoded[0][1])
        for name, value in extra.items():
            if _goes_by_prompt(value):
                extra[name] = torch.cat([other[name] for _, other in self._encoded])
        return [[text, extra]]


def _goes_by_prompt(value: Any) -> bool:
    """Whether an extra has a row a prompt, as the pooled output and attention masks do; some models have none."""
    return isinstance(value, torch.Tensor) and value.ndim > 1 and value.shape[0] == 1
