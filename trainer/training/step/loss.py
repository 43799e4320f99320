"""The training loss of a picture: its error element by element, where it counts, and how much at its noise level."""

import torch
from torch import Tensor

from ...families.noise import NoiseLevel, debiased_weight, min_snr_weight
from ...recipe.loss import HuberSchedule, Loss, LossKind
from ...runtime.reading import moved


def picture_losses(predicted: Tensor, target: Tensor, how: Loss, at: NoiseLevel, mask: Tensor | None) -> Tensor:
    """Loss a picture, (n,), of (n, c, h, w) and, where `how` asks for it, a `mask` (n, 1, h, w) of coverage 0 to 1.

    The order is kohya's: element errors, mask, mean over c, h and w, weight of the noise level.
    """
    errors = element_errors(predicted, target, how.kind, huber_threshold(at, how.huber_c, how.huber_schedule))
    if how.masked and mask is not None:
        errors = errors * moved(mask_weight(mask, how.mask_floor), errors.device)
    losses = errors.mean(dim=(1, 2, 3))
    if how.debiased:
        return losses * moved(debiased_weight(at), losses.device)
    if how.min_snr_gamma > 0:
        return losses * moved(min_snr_weight(at, how.min_snr_gamma), losses.device)
    return losses


def huber_threshold(at: NoiseLevel, c: float, schedule: HuberSchedule) -> Tensor:
    """Error size a picture, (n,), where a Huber loss turns from square to straight; kohya's formulas, in latent units.

    `exponential` goes from 1 at no noise to c at full noise, c^t; `snr` is (1 − c) / (1 + σ)² + c with
    σ = 1 / √SNR.
    """
    if schedule == "exponential":
        return torch.tensor(c, dtype=torch.float32) ** at.time.float()
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
    c = moved(threshold, square.device).view(-1, *[1] * (square.ndim - 1))
    smooth = 2 * square / ((square + c.square()).sqrt() + c)
    return smooth if kind == "smooth_l1" else c * smooth


def mask_weight(mask: Tensor, floor: float) -> Tensor:
    """Weight of every latent, (n, 1, h, w), from coverage 0 to 1: `floor` where nothing is, and a mean of 1 a picture.

    kohya does not normalise, so that a small figure learns slower than one that fills its picture; here both learn
    alike.
    """
    weight = floor + (1 - floor) * mask
    return weight / weight.mean(dim=(1, 2, 3), keepdim=True)
