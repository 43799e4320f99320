"""Pictures from Stable Diffusion: Euler steps as the base's scheduler says, with classifier-free guidance."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image
from torch import Tensor

from ...errors import ModelError
from ...generate.batches import batches
from ...generate.shot import Shot
from ...recipe.buckets import Placement

if TYPE_CHECKING:
    from .model import StableDiffusion


class Sampler:
    """A Generator on a family's own weights, with whatever adapter is attached to them at the moment."""

    def __init__(self, family: "StableDiffusion") -> None:
        self._family = family

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        """Pictures in order; ModelError for a shot that names a LoRA file, which these weights cannot swap in."""
        for batch in batches(shots):
            if batch[0].lora is not None:
                raise ModelError(f"This generator draws with the LoRA in training; it cannot load {batch[0].lora}.")
            yield from self._draw(batch)

    @torch.inference_mode(False)
    @torch.no_grad()
    def _draw(self, shots: Sequence[Shot]) -> list[Image.Image]:
        shot, family = shots[0], self._family
        factor = family.vae.factor
        if shot.width % factor or shot.height % factor:
            raise ModelError(f"A picture of {shot.width}x{shot.height} is not possible; use multiples of {factor}.")
        scheduler, timesteps = self._scheduler(shot)
        latents = self._begun(shots, factor, scheduler, timesteps[:1])
        is_guided = shot.guidance > 1
        text = self._text(shots, is_guided)
        size = (shot.width, shot.height)
        placements = [Placement(size, size, (0, 0), size)] * len(text["context"])
        for timestep in timesteps:
            inputs = scheduler.scale_model_input(torch.cat([latents, latents]) if is_guided else latents, timestep)
            predicted = family.predict(inputs, timestep, text, placements).float()
            if is_guided:
                without, asked = predicted.chunk(2)
                predicted = without + shot.guidance * (asked - without)
            latents = scheduler.step(predicted, timestep, latents, return_dict=False)[0]
        return family.vae.decode(latents)

    def _scheduler(self, shot: Shot) -> tuple[Any, Tensor]:
        """The scheduler, and the timesteps to go: the last `steps` of as many as make up the denoise."""
        from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteScheduler

        kind: Any = EulerDiscreteScheduler
        scheduler = kind.from_config(self._family.schedule)
        whole = shot.steps if shot.start is None else int(shot.steps / shot.denoise)
        scheduler.set_timesteps(whole, device=self._family.device)
        scheduler.set_begin_index(whole - shot.steps)
        return scheduler, scheduler.timesteps[whole - shot.steps :]

    def _begun(self, shots: Sequence[Shot], factor: int, scheduler: Any, first: Tensor) -> Tensor:
        """Pure noise, or the starting pictures' latents with as much noise as the first timestep has."""
        noise = self._noise(shots, factor)
        starts = [image for shot in shots if (image := shot.opened_start()) is not None]
        if not starts or shots[0].denoise == 1:
            return noise * scheduler.init_noise_sigma
        moments = torch.stack([self._family.vae.encode(image) for image in starts])
        latents = self._family.vae.to_unet(moments.chunk(2, dim=1)[0]).to(noise)
        return scheduler.add_noise(latents, noise, first)

    def _noise(self, shots: Sequence[Shot], factor: int) -> Tensor:
        """One CPU stream a shot, so that a picture's noise does not depend on its batch or device."""
        channels = self._family.denoiser.config.in_channels
        shape = (1, channels, shots[0].height // factor, shots[0].width // factor)
        noise = [torch.randn(shape, generator=torch.Generator("cpu").manual_seed(shot.seed)) for shot in shots]
        return torch.cat(noise).to(self._family.device)

    def _text(self, shots: Sequence[Shot], is_guided: bool) -> Mapping[str, Tensor]:
        prompts = [shot.negative for shot in shots] if is_guided else []
        prompts += [shot.prompt for shot in shots]
        encoded = [self._family.encode_text(prompt) for prompt in prompts]
        device, dtype = self._family.device, self._family.dtype
        return {name: torch.cat([conditions[name] for conditions in encoded]).to(device, dtype) for name in encoded[0]}
