"""How far pictures are on their way to noise, and what that means for each thing a denoiser can predict.

With x the picture's latents, n the noise and x_t = a x + s n: `epsilon` predicts n, `velocity` a n - s x (Salimans and
Ho 2022, arXiv 2202.00512), both with a² + s² = 1; `flow` predicts n - x with a = 1 - t and s = t (Liu et al. 2022,
arXiv 2209.03003).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Objective = Literal["epsilon", "velocity", "flow"]

_LEAST_SNR = 2.0**-24
_MOST_DEBIASED_SNR = 1000.0


@dataclass(frozen=True, kw_only=True)
class NoiseLevel:
    """Where each of n pictures stands: `time`, 0 (the picture) to 1 (noise) in fp64, and `snr`, a² / s², both (n,)."""

    time: Tensor
    snr: Tensor
    objective: Objective

    def rows(self, rows: Sequence[int]) -> "NoiseLevel":
        """Of some of the pictures."""
        return NoiseLevel(time=self.time[rows], snr=self.snr[rows], objective=self.objective)


@dataclass(frozen=True)
class Noised:
    """Pictures on their way to noise: `noisy` (n, c, h, w) and the `target` to be predicted from them, on the CPU.

    `weight` (n,) is how much each counts by the way its level was drawn; None: all the same.
    """

    noisy: Tensor
    target: Tensor
    level: NoiseLevel
    weight: Tensor | None = None

    def rows(self, rows: Sequence[int]) -> "Noised":
        """Some of the pictures."""
        weight = None if self.weight is None else self.weight[rows]
        return Noised(self.noisy[rows], self.target[rows], self.level.rows(rows), weight)


def mixed(clean: Tensor, noise: Tensor, a: Tensor, s: Tensor) -> Tensor:
    """x_t, (n, c, h, w); `a` and `s` a picture, (n,)."""
    return _wide(a) * clean + _wide(s) * noise


def target(objective: Objective, clean: Tensor, noise: Tensor, a: Tensor, s: Tensor) -> Tensor:
    """What is to be predicted, (n, c, h, w)."""
    if objective == "epsilon":
        return noise
    return _wide(a) * noise - _wide(s) * clean if objective == "velocity" else noise - clean


def clean_of(level: NoiseLevel, noisy: Tensor, predicted: Tensor) -> Tensor:
    """The picture that an answer means, x of x_t (n, c, h, w), in fp32 on the answer's device; exact for the target.

    (x_t - s n) / a of noise and a x_t - s v of velocity (Salimans and Ho 2022, appendix D), x_t - t v of flow. For
    noise an error of the answer grows by √(1 / SNR).
    """
    answer = predicted.float()
    x_t, root = noisy.to(answer), level.snr.to(answer).sqrt()
    if level.objective == "flow":
        return x_t - answer / _wide(1 + root)
    s = (1 + root.square()).rsqrt()
    if level.objective == "velocity":
        return _wide(root * s) * x_t - _wide(s) * answer
    return (x_t - _wide(s) * answer) / _wide(root * s)


def snr_of(alphas_cumprod: Tensor, timesteps: Tensor) -> Tensor:
    """ᾱ / (1 - ᾱ) at each timestep, (n,), never below 2⁻²⁴, where diffusers' samplers put a terminal SNR of zero.

    `alphas_cumprod` is the base's own, rescaled to zero terminal SNR where it was trained so (Lin et al. 2023,
    arXiv 2305.08891, algorithm 1). kohya's trainer computes SNR before it rescales: its weights are the plain base's.
    """
    signal = alphas_cumprod[timesteps]
    return (signal / (1 - signal)).clamp(min=_LEAST_SNR)


def flow_snr(time: Tensor) -> Tensor:
    """((1 - t) / t)², (n,), never below 2⁻²⁴."""
    return ((1 - time) / time.clamp(min=1e-6)).square().clamp(min=_LEAST_SNR).float()


def min_snr_weight(level: NoiseLevel, gamma: float) -> Tensor:
    """Weight a picture, (n,), that makes its error in x count min(SNR, γ) (Hang et al. 2023, arXiv 2303.09556).

    min(SNR, γ) / SNR for noise, / (SNR + 1) for velocity, / (1 + √SNR)² for flow. At zero SNR the noise is the picture
    itself and its weight is the limit, 1.
    """
    clipped = level.snr.clamp(max=gamma)
    if level.objective == "epsilon":
        return (clipped / level.snr).nan_to_num(1.0)
    return clipped / (level.snr + 1 if level.objective == "velocity" else (1 + level.snr.sqrt()).square())


def debiased_weight(level: NoiseLevel) -> Tensor:
    """Weight a picture, (n,): 1 / √SNR for noise (Yu et al. 2023, arXiv 2310.08442), 1 / (SNR + 1) for velocity.

    SNR counts as at most 1000. The velocity form is kohya's; OneTrainer takes 1 / √(SNR + 1). For flow the weight on
    the error in x is that of noise, √SNR: √SNR / (1 + √SNR)².
    """
    bounded = level.snr.clamp(max=_MOST_DEBIASED_SNR)
    if level.objective == "epsilon":
        return bounded.rsqrt()
    return 1 / (bounded + 1) if level.objective == "velocity" else bounded.sqrt() / (1 + bounded.sqrt()).square()


def offset_noise(like: Tensor, strength: float, source: torch.Generator) -> Tensor:
    """What a noise offset adds to noise `like`, (n, c, 1, 1): one random shift a channel (Guttenberg 2023)."""
    return strength * torch.randn((*like.shape[:2], 1, 1), generator=source)


def _wide(values: Tensor) -> Tensor:
    return values[:, None, None, None]
