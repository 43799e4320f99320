"""Pictures to FLUX.2's latents and back."""

import torch
from PIL import Image
from torch import Tensor

from ..codec import KlCodec
from ..residence import Residents
from .packing import PATCH, patched, unpatched


class Flux2Codec(KlCodec):
    """diffusers' AutoencoderKLFlux2, in fp32: 32 channels at an eighth become 128 at a sixteenth.

    As the denoiser knows them, each channel is less its mean and divided by its deviation over pictures, which the
    autoencoder's batch norm keeps. ComfyUI's VAE node gives latents that are so already.
    """

    def __init__(self, residents: Residents, part: str = "vae") -> None:
        super().__init__(residents, part)

    @property
    def channels(self) -> int:
        return super().channels * PATCH**2

    @property
    def factor(self) -> int:
        return super().factor * PATCH

    def encode(self, image: Image.Image) -> Tensor:
        mean, log_variance = super().encode(image).chunk(2)
        return torch.cat([patched(mean[None])[0], patched(log_variance[None])[0]])

    def to_model(self, sample: Tensor) -> Tensor:
        mean, deviation = self._norm(sample)
        return (sample - mean) / deviation

    @torch.no_grad()
    def decode(self, latents: Tensor) -> list[Image.Image]:
        mean, deviation = self._norm(latents)
        return self._pictures(unpatched(latents.float() * deviation + mean))

    def _norm(self, like: Tensor) -> tuple[Tensor, Tensor]:
        norm, epsilon = self._model.bn, float(self._model.config.batch_norm_eps)
        mean, deviation = norm.running_mean.float(), (norm.running_var.float() + epsilon).sqrt()
        return mean.view(-1, 1, 1).to(like.device), deviation.view(-1, 1, 1).to(like.device)
