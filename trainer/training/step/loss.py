"""The training loss of a picture: its error element by element, where it counts, and how much at its noise level."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from ...recipe.loss import HuberSchedule, Loss, LossKind

Prediction = Literal["epsilon", "v_prediction"]

_LEAST_SNR = 2.0**-24
_MOST_DEBIASED_SNR = 1000.0


@dataclass(frozen=True, kw_only=True)
class NoiseLevel:
    """Where each of n pictures stands among the base's `count` timesteps: `timesteps` and `snr`, both (n,)."""

    timesteps: Tensor
    snr: Tensor
    count: int
    prediction: Prediction


def picture_losses(predicted: Tensor, target: Tensor, how: Loss, at: NoiseLevel, mask: Tensor | None) -> Tensor:
    """Loss a picture, (n,), of (n, c, h, w) and, where `how` asks for it, a `mask` (n, 1, h, w) of coverage 0 to 1.

    The order is kohya's: element errors, mask, mean over c, h and w, weight of the noise level.
    """
    errors = element_errors(predicted, target, how.kind, huber_threshold(at, how.huber_c, how.huber_schedule))
    if how.masked and mask is not None:
        errors = errors * mask_weight(mask, how.mask_floor).to(errors.device)
    losses = errors.mean(dim=(1, 2, 3))
    if how.debiased:
        return losses * debiased_weight(at.snr, at.prediction).to(losses.device)
    if how.min_snr_gamma > 0:
        return losses * min_snr_weight(at.snr, how.min_snr_gamma, at.prediction).to(losses.device)
    return losses


def snr(alphas_cumprod: Tensor, timesteps: Tensor) -> Tensor:
    """ᾱ / (1 − ᾱ) at each timestep, (n,), never below 2⁻²⁴, where diffusers' samplers put a terminal SNR of zero.

    `alphas_cumprod` is the base's own, rescaled to zero terminal SNR where it was trained so (Lin et al. 2023,
    arXiv 2305.08891, algorithm 1). kohya's trainer computes SNR before it rescales: its weights are the plain base's.
    """
    signal = alphas_cumprod[timesteps]
    return (signal / (1 - signal)).clamp(min=_LEAST_SNR)


def min_snr_weight(snr: Tensor, gamma: float, prediction: Prediction) -> Tensor:
    """Weight a picture, (n,): min(SNR, γ) / SNR for noise, min(SNR, γ) / (SNR + 1) for velocity.

    Hang et al. 2023, arXiv 2303.09556. At zero SNR the noise is the picture itself and its weight is the limit, 1.
    """
    clipped = snr.clamp(max=gamma)
    if prediction == "v_prediction":
        return clipped / (snr + 1)
    return (clipped / snr).nan_to_num(1.0)


def debiased_weight(snr: Tensor, prediction: Prediction) -> Tensor:
    """Weight a picture, (n,): 1 / √SNR for noise (Yu et al. 2023, arXiv 2310.08442), 1 / (SNR + 1) for velocity.

    SNR counts as at most 1000. The velocity form is kohya's; OneTrainer takes 1 / √(SNR + 1).
    """
    bounded = snr.clamp(max=_MOST_DEBIASED_SNR)
    return 1 / (bounded + 1) if prediction == "v_prediction" else bounded.rsqrt()


def huber_threshold(at: NoiseLevel, c: float, schedule: HuberSchedule) -> Tensor:
    """Error size a picture, (n,), where a Huber loss turns from square to straight; kohya's formulas, in latent units.

    `exponential` goes from 1 at no noise to c at full noise, c^(t / count); `snr` is (1 − c) / (1 + σ)² + c with
    σ = 1 / √SNR.
    """
    if schedule == "exponential":
        return torch.tensor(c, dtype=torch.float32) ** (at.timesteps / at.count)
    if schedule == "snr":
        return (1 - c) / (1 + at.snr.rsqrt()) ** 2 + c
    return torch.full(at.snr.shape, c)


def element_errors(predicted: Tensor, target: Tensor, kind: LossKind, threshold: Tensor) -> Tensor:
    """Error of every element, shape kept: d², 2c(√(d² + c²) − c), or the same without its leading c ("smooth_l1").

    Both Huber forms are multiplied out, 2c d² / (√(d² + c²) + c), which keeps the digits of a small d.
    """
    square = (predicted - target).square()
    if kind == "l2":
        return square
    c = threshold.to(square.device).view(-1, *[1] * (square.ndim - 1))
    smooth = 2 * square / ((square + c.square()).sqrt() + c)
    return smooth if kind == "smooth_l1" else c * smooth


def mask_weight(mask: Tensor, floor: float) -> Tensor:
    """Weight of every latent, (n, 1, h, w), from coverage 0 to 1: `floor` where nothing is, and a mean of 1 a picture.

    kohya does not normalise, so that a small figure learns slower than one that fills its picture; here both learn
    alike.
    """
    weight = floor + (1 - floor) * mask
    return weight / weight.mean(dim=(1, 2, 3), keepdim=True)


def offset_noise(like: Tensor, strength: float, source: torch.Generator) -> Tensor:
    """What a noise offset adds to noise `like`, (n, c, 1, 1): one random shift a channel (Guttenberg 2023)."""
    return strength * torch.randn((*like.shape[:2], 1, 1), generator=source)
