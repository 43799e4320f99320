"""The Generator that draws with the host's MODEL, CLIP, VAE and sampler, so that samples look as they will in use."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import comfy.model_management
import comfy.sample
import torch
from PIL import Image

from ..trainer.errors import Cancelled, ModelError
from . import host
from .host_lora import apply_lora

if TYPE_CHECKING:
    from ..trainer.generate.shot import Shot

_SAMPLING = ("euler", "simple")
_BATCH = 8


class HostGenerator:
    """Draws each shot as a core KSampler would. `sampling` names sampler and scheduler as it does; `releases` frees
    models after a call."""

    def __init__(
        self, model: Any, clip: Any, vae: Any, *, sampling: tuple[str, str] = _SAMPLING, releases: bool = False
    ) -> None:
        self._sampling = sampling
        self._bare = (model, clip)
        self._vae = vae
        self._releases = releases
        self._worn: tuple[tuple[Any, float] | None, tuple[Any, Any]] = (None, self._bare)

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        """One RGB picture a shot, in order; neighbours that differ only in words and seed share a batch."""
        try:
            for batch in _batches(shots):
                yield from self._draw(batch)
        except comfy.model_management.InterruptProcessingException as stop:
            raise Cancelled("Stopped while drawing; what was made is saved.") from stop
        finally:
            if self._releases:
                host.free_models()

    def fingerprint(self) -> str:
        """Changes with the weights, VAE and what is patched onto them, so that kept pictures are never another's."""
        model, clip = self._bare
        weights = hashlib.sha256()
        for tensor in (*_first_and_last(model.model.diffusion_model), *_first_and_last(self._vae.first_stage_model)):
            weights.update(tensor.detach().float().cpu().contiguous().numpy().tobytes())
        patched = [str(each.patches_uuid) for each in (model, clip.patcher) if _is_patched(each)]
        return "/".join([weights.hexdigest(), *self._sampling, *patched])

    @torch.inference_mode()
    def _draw(self, shots: Sequence[Shot]) -> list[Image.Image]:
        model, clip = self._wearing(shots[0])
        positive = _Words(clip, [shot.prompt for shot in shots])
        negative = _Words(clip, [shot.negative for shot in shots])
        if positive.lengths > 1 or negative.lengths > 1:
            return [picture for shot in shots for picture in self._draw([shot])]
        first = shots[0]
        latents = comfy.sample.fix_empty_latent_channels(model, self._latents(shots))
        # One generator a shot, as KSampler seeds a single picture: a picture does not depend on its batch.
        noise = torch.cat(
            [comfy.sample.prepare_noise(row[None], shot.seed) for row, shot in zip(latents, shots, strict=True)]
        )
        drawn = comfy.sample.sample(
            model,
            noise,
            first.steps,
            first.guidance,
            *self._sampling,
            positive.conditioning(),
            negative.conditioning(),
            latents,
            denoise=first.denoise,
            disable_pbar=True,
            seed=first.seed,
        )
        return host.from_image(self._vae.decode(drawn))

    def _latents(self, shots: Sequence[Shot]) -> torch.Tensor:
        """Of the starting pictures, one a shot; empty where nothing is to be left of them."""
        starts = [image for shot in shots if (image := shot.opened_start()) is not None]
        if starts and shots[0].denoise < 1:
            return torch.cat([self._vae.encode(host.to_image([image])) for image in starts])
        return torch.zeros(len(shots), 4, shots[0].height // 8, shots[0].width // 8)

    def _wearing(self, shot: Shot) -> tuple[Any, Any]:
        if shot.lora is None or shot.strength == 0:
            return self._bare
        wanted = (shot.lora, shot.strength)
        if self._worn[0] != wanted:
            self._worn = (wanted, apply_lora(*self._bare, shot.lora, shot.strength))
        return self._worn[1]


def _batches(shots: Sequence[Shot]) -> Iterator[list[Shot]]:
    batch: list[Shot] = []
    for shot in shots:
        _check(shot)
        if batch and (len(batch) == _BATCH or shot.apart != batch[0].apart):
            yield batch
            batch = []
        batch.append(shot)
    if batch:
        yield batch


def _check(shot: Shot) -> None:
    if shot.width % 8 or shot.height % 8:
        raise ModelError(f"A picture of {shot.width} x {shot.height} cannot be drawn; use multiples of 8.")


def _first_and_last(module: torch.nn.Module) -> tuple[torch.Tensor, torch.Tensor]:
    weights = list(module.parameters())
    return weights[0], weights[-1]


def _is_patched(patcher: Any) -> bool:
    options = patcher.model_options
    hooks = [value for key, value in options.items() if key != "transformer_options"]
    return bool(patcher.patches or patcher.object_patches or options.get("transformer_options") or any(hooks))


class _Words:
    """Prompts encoded by the host. `lengths` counts how many different token counts they have."""

    def __init__(self, clip: Any, prompts: Sequence[str]) -> None:
        made = {
            prompt: clip.encode_from_tokens_scheduled(clip.tokenize(prompt))[0] for prompt in dict.fromkeys(prompts)
        }
        self._encoded = [made[prompt] for prompt in prompts]
        self.lengths = len({text.shape[1] for text, _ in self._encoded})

    def conditioning(self) -> Any:
        """The host's CONDITIONING, one row a prompt."""
        pooled = torch.cat([extra["pooled_output"] for _, extra in self._encoded])
        return [[torch.cat([text for text, _ in self._encoded]), {**self._encoded[0][1], "pooled_output": pooled}]]
