"""A clip by the host's own video sampling: whatever frames the MODEL and the latent that are wired in stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import comfy.sample
import torch

from .guidance import guided


@dataclass(frozen=True, kw_only=True)
class HostClip:
    """What KSampler and VAE Decode are told. `latent` is the host's LATENT: a batch of frames where a motion module is
    in the model (AnimateDiff), one with a dimension of time for a video model."""

    clip: Any
    vae: Any
    latent: Mapping[str, Any]
    sampling: tuple[str, str]
    prompt: str = ""
    negative: str = ""
    seed: int = 0
    steps: int = 20
    cfg: float = 7.0

    @torch.inference_mode()
    def frames(self, model: Any) -> torch.Tensor:
        """The frames that KSampler draws with a MODEL, as the host's IMAGE (n, h, w, 3)."""
        ratios = {name: value for name, value in self.latent.items() if name.startswith("downscale_ratio_")}
        latent = comfy.sample.fix_empty_latent_channels(model, self.latent["samples"], **ratios)
        noise = comfy.sample.prepare_noise(latent, self.seed, self.latent.get("batch_index"))
        way = guided(model, self.cfg)
        words = [
            self.clip.encode_from_tokens_scheduled(self.clip.tokenize(text)) for text in (self.prompt, self.negative)
        ]
        drawn = comfy.sample.sample(
            model,
            noise,
            self.steps,
            way.cfg,
            *self.sampling,
            *way.told_to(words),
            latent,
            noise_mask=self.latent.get("noise_mask"),
            disable_pbar=True,
            seed=self.seed,
        )
        # Models of video and sound have both in one latent, pictures first.
        pictures = self.vae.decode(drawn.unbind()[0] if drawn.is_nested else drawn)
        return pictures.reshape(-1, *pictures.shape[-3:])
