"""Pictures on their way to noise, for bases that predict noise - picture."""

import torch
from torch import Tensor

from ...recipe.flow import Flow
from ..noise import Noised, NoiseLevel, flow_snr, mixed, target
from .levels import Levels


def flow_noised(clean: Tensor, flow: Flow, levels: Levels, source: torch.Generator) -> Noised:
    """Of latents as the denoiser knows them, (n, c, h, w). Draws noise and σ from `source`, in that order."""
    noise = torch.randn(clean.shape, generator=source)
    height, width = clean.shape[2:]
    sigmas, weight = levels.drawn(flow, len(clean), (height, width), source)
    level = NoiseLevel(time=sigmas, snr=flow_snr(sigmas), objective="flow")
    a, s = (1 - sigmas).float(), sigmas.float()
    answer = target("flow", clean, noise, a, s)
    return Noised(mixed(clean, noise, a, s), answer, level, None if weight is None else weight.float())
