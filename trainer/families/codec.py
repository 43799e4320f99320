"""Pictures to latents and back."""

from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from typing import Any, Protocol

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..errors import ModelError
from .residence import Residents

_TILE = 512
"""Pixels a side."""
_DECODING = 3 * 1024
"""Bytes a pixel while a picture is decoded in fp32: three layers of 256 channels (`ShapedAutoencoder.decoding`)."""


class Codec(Protocol):
    """A family's autoencoder. Latents are (n, channels, height / factor, width / factor)."""

    @property
    def channels(self) -> int: ...

    @property
    def factor(self) -> int:
        """Pixels a latent's side."""
        ...

    def encode(self, image: Image.Image) -> Tensor:
        """Posterior mean and log-variance of an RGB picture, (2c, h, w), on the CPU; ModelError on NaN."""
        ...

    def to_model(self, sample: Tensor) -> Tensor:
        """Latents as the denoiser knows them, from latents as the autoencoder does."""
        ...

    def decode(self, latents: Tensor) -> list[Image.Image]:
        """RGB pictures of latents as the denoiser knows them."""
        ...


class KlCodec:
    """diffusers' AutoencoderKL, in fp32 always: the activations of SDXL's overflow in half precision."""

    def __init__(self, residents: Residents, part: str = "vae") -> None:
        self._residents = residents
        self._part = part

    @property
    def _model(self) -> Any:
        return self._residents.get(self._part)

    @property
    def channels(self) -> int:
        return int(self._model.config.latent_channels)

    @property
    def scaling_factor(self) -> float:
        """Latents as the denoiser knows them are the autoencoder's times this, where no mean and deviation are set."""
        return float(self._model.config.scaling_factor)

    @property
    def factor(self) -> int:
        return 2 ** (len(self._model.config.block_out_channels) - 1)

    @torch.inference_mode(False)
    @torch.no_grad()
    def encode(self, image: Image.Image) -> Tensor:
        model = self._model
        pixels = torch.tensor(np.asarray(image.convert("RGB"), np.float32) / 127.5 - 1).permute(2, 0, 1)
        moments = model.encode(pixels[None].to(model.device)).latent_dist.parameters[0].cpu()
        if not torch.isfinite(moments).all():
            raise ModelError("The base's VAE turned the picture into NaN. Choose another file of the base.")
        return moments

    def to_model(self, sample: Tensor) -> Tensor:
        scale, shift = self._scale_and_shift(sample)
        return (sample - shift) * scale

    @torch.no_grad()
    def decode(self, latents: Tensor) -> list[Image.Image]:
        scale, shift = self._scale_and_shift(latents)
        return self._pictures(latents.float() / scale + shift)

    def _pictures(self, sample: Tensor) -> list[Image.Image]:
        """Of latents as the autoencoder knows them. One at a time: the VAE's peak memory is a picture's."""
        model = self._model
        try:
            with in_tiles(model) if _is_tight(model, sample) else nullcontext():
                return [_picture(model, latent[None]) for latent in sample]
        finally:
            # Out of memory here, training is to have its room back.
            self._residents.leave(self._part)

    def _scale_and_shift(self, like: Tensor) -> tuple[Tensor, Tensor]:
        config = self._model.config
        mean, std = getattr(config, "latents_mean", None), getattr(config, "latents_std", None)
        shift = mean if mean is not None else getattr(config, "shift_factor", None) or 0.0
        scale = config.scaling_factor / torch.tensor(1.0 if std is None else std)
        return scale.view(-1, 1, 1).to(like.device), torch.tensor(shift).view(-1, 1, 1).to(like.device)


@contextmanager
def in_tiles(model: Any) -> Generator[None]:
    """Inside, an autoencoder of diffusers decodes what is larger than a tile piece by piece, in a fraction of the
    memory; overlapping edges are blended."""
    names = ("use_tiling", "tile_sample_min_size", "tile_latent_min_size")
    before = {name: getattr(model, name) for name in names}
    model.use_tiling = True
    model.tile_sample_min_size = _TILE
    model.tile_latent_min_size = _TILE // 2 ** (len(model.config.block_out_channels) - 1)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(model, name, value)


def _is_tight(model: Any, sample: Tensor) -> bool:
    """Whether a GPU has no room to decode a picture whole. Drivers that lend it the computer's would not say so."""
    if model.device.type != "cuda":
        return False
    cuda: Any = torch.cuda
    unused = cuda.memory_reserved(model.device) - cuda.memory_allocated(model.device)
    pixels = sample.shape[-1] * sample.shape[-2] * 4 ** (len(model.config.block_out_channels) - 1)
    return pixels * _DECODING > cuda.mem_get_info(model.device)[0] + unused


def _picture(model: Any, latent: Tensor) -> Image.Image:
    pixels = model.decode(latent.to(model.device), return_dict=False)[0][0]
    pixels = (pixels * 0.5 + 0.5).clamp(0, 1).permute(1, 2, 0).cpu().numpy()
    return Image.fromarray((pixels * 255).round().astype(np.uint8))


def sampled(moments: Tensor, source: torch.Generator) -> Tensor:
    """A draw from posteriors (n, 2c, h, w), (n, c, h, w)."""
    mean, log_variance = moments.float().chunk(2, dim=1)
    deviation = (0.5 * log_variance.clamp(-30.0, 20.0)).exp()
    return mean + deviation * torch.randn(mean.shape, generator=source)
