"""The autoencoder, in fp32 always: the activations of SDXL's overflow in half precision."""

from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ...errors import ModelError


class Vae:
    """Pictures to posteriors and latents to pictures; latents are (n, c, h / 8, w / 8)."""

    def __init__(self, model: Any, device: torch.device) -> None:
        self._model = model.to(device)
        self._device = device
        self._resting = device

    @property
    def scaling_factor(self) -> float:
        """Latents as the UNet knows them are those of the VAE times this, where no mean and deviation are set."""
        return float(self._model.config.scaling_factor)

    @property
    def factor(self) -> int:
        """Pixels a latent."""
        return 2 ** (len(self._model.config.block_out_channels) - 1)

    @torch.no_grad()
    def encode(self, image: Image.Image) -> Tensor:
        """Posterior mean and log-variance, (2c, h, w), on the CPU; ModelError when they are not finite."""
        self._model.to(self._device)
        pixels = torch.tensor(np.asarray(image.convert("RGB"), np.float32) / 127.5 - 1).permute(2, 0, 1)
        moments = self._model.encode(pixels[None].to(self._device)).latent_dist.parameters[0].cpu()
        if not torch.isfinite(moments).all():
            raise ModelError("The VAE turned the picture into NaN. Check that the base's VAE weights are whole.")
        return moments

    @torch.no_grad()
    def decode(self, latents: Tensor) -> list[Image.Image]:
        """RGB pictures of latents as the UNet knows them. One at a time: the VAE's peak memory is a picture's."""
        self._model.to(self._device)
        scale, shift = self._scale_and_shift(latents)
        pictures = [self._picture(latent[None].float() / scale + shift) for latent in latents]
        self._model.to(self._resting)
        return pictures

    def rest_on_cpu(self) -> None:
        """Leave the accelerator between uses from now on."""
        self._resting = torch.device("cpu")
        self._model.to(self._resting)

    def to_unet(self, sample: Tensor) -> Tensor:
        """Latents as the UNet knows them, from latents as the VAE does."""
        scale, shift = self._scale_and_shift(sample)
        return (sample - shift) * scale

    def _picture(self, latent: Tensor) -> Image.Image:
        pixels = self._model.decode(latent.to(self._device), return_dict=False)[0][0]
        pixels = (pixels * 0.5 + 0.5).clamp(0, 1).permute(1, 2, 0).cpu().numpy()
        return Image.fromarray((pixels * 255).round().astype(np.uint8))

    def _scale_and_shift(self, like: Tensor) -> tuple[Tensor, Tensor]:
        config = self._model.config
        mean, std = getattr(config, "latents_mean", None), getattr(config, "latents_std", None)
        shift = mean if mean is not None else getattr(config, "shift_factor", None) or 0.0
        scale = config.scaling_factor / torch.tensor(1.0 if std is None else std)
        return scale.view(-1, 1, 1).to(like.device), torch.tensor(shift).view(-1, 1, 1).to(like.device)
