"""The 16-channel autoencoder of FLUX.1, which Z-Image has too."""

from typing import Any

import torch

from ..ldm_vae import vae_config, vae_keys
from .filled import filled
from .tensors import Place, StoredTensors

SCALE, SHIFT = 0.3611, 0.1159
"""Latents as the denoiser knows them are (the autoencoder's - shift) · scale, where no folder says otherwise."""


def load_autoencoder(stored: StoredTensors) -> Any:
    """Of a file in Black Forest Labs' names (`ae.safetensors`), in fp32."""
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

    config = vae_config(stored.shapes, SCALE, SHIFT)
    keys = vae_keys(stored.shapes, config)
    kind: Any = AutoencoderKL
    return filled(lambda: kind(**config), stored, lambda name: Place(keys.get(name, name)), torch.float32, "VAE")
