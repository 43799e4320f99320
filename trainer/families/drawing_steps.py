"""The way from noise to a picture: the Euler steps of one of diffusers' schedulers, with time from 1 to 0."""

from typing import Any

import torch
from torch import Tensor


class DrawingSteps:
    """The last `steps` of the `whole` that make up the way; fewer than all begin at a picture with noise added."""

    def __init__(self, scheduler: Any, steps: int, whole: int, device: torch.device) -> None:
        scheduler.set_timesteps(whole, device=device)
        scheduler.set_begin_index(whole - steps)
        self._scheduler = scheduler
        self.timesteps: Tensor = scheduler.timesteps[whole - steps :]

    @property
    def times(self) -> Tensor:
        """When each step begins, 1 (noise) to 0, fp64."""
        return self.timesteps.double() / int(self._scheduler.config.num_train_timesteps)

    def from_noise(self, noise: Tensor) -> Tensor:
        """Where the whole way begins."""
        return noise * getattr(self._scheduler, "init_noise_sigma", 1.0)

    def from_picture(self, latents: Tensor, noise: Tensor) -> Tensor:
        """Latents as the denoiser knows them with as much noise as the first step has."""
        first = self.timesteps[:1]
        if hasattr(self._scheduler, "add_noise"):
            return self._scheduler.add_noise(latents, noise, first)
        return self._scheduler.scale_noise(latents, first, noise)

    def shown(self, latents: Tensor, number: int) -> Tensor:
        """What the denoiser is shown at a step."""
        if not hasattr(self._scheduler, "scale_model_input"):
            return latents
        return self._scheduler.scale_model_input(latents, self.timesteps[number])

    def next(self, predicted: Tensor, latents: Tensor, number: int) -> Tensor:
        """Latents after a step."""
        return self._scheduler.step(predicted, self.timesteps[number], latents, return_dict=False)[0]
