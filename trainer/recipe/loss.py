"""What a prediction is judged by: how far it is off, and how much that counts."""

from dataclasses import dataclass
from math import inf
from typing import Literal

from .choices import is_choice, options

LossKind = Literal["l2", "huber", "smooth_l1"]
HuberSchedule = Literal["constant", "exponential", "snr"]


@dataclass(frozen=True, kw_only=True)
class Loss:
    """Error of the predicted noise or velocity.

    Noise levels are weighted by `min_snr_gamma` (Hang et al. 2023, equation 5; 0 switches it off) or by `debiased`
    (Yu et al. 2023). With a Huber `kind`, errors beyond a threshold around `huber_c` count straight, not squared.
    `noise_offset` lets whole pictures turn darker or brighter. `masked` counts what is transparent only `mask_floor`
    as much as the figure; pictures without a mask count everywhere.
    """

    min_snr_gamma: float = 5.0
    debiased: bool = False
    kind: LossKind = "l2"
    huber_c: float = 0.1
    huber_schedule: HuberSchedule = "snr"
    noise_offset: float = 0.0
    masked: bool = False
    mask_floor: float = 0.1


def loss_faults(loss: Loss) -> list[tuple[bool, str]]:
    """Whether each rule is broken, and what to say then."""
    gamma = loss.min_snr_gamma
    return [
        (not 0 <= gamma < inf, f"min_snr_gamma is {gamma}; use 5, or 0 for none."),
        (
            loss.debiased and gamma > 0,
            f"debiased is on beside min_snr_gamma {gamma}, and both weigh noise levels; set min_snr_gamma to 0.",
        ),
        (not is_choice(loss.kind, LossKind), f"loss kind is {loss.kind!r}; use {options(LossKind)}."),
        (not 0 < loss.huber_c < inf, f"huber_c is {loss.huber_c}; use a number above 0, usually 0.1."),
        (
            not is_choice(loss.huber_schedule, HuberSchedule),
            f"huber_schedule is {loss.huber_schedule!r}; use {options(HuberSchedule)}.",
        ),
        (not 0 <= loss.noise_offset <= 1, f"noise_offset is {loss.noise_offset}; use 0 for none, up to 0.1."),
        (not 0 <= loss.mask_floor <= 1, f"mask_floor is {loss.mask_floor}; use 0 to 1, usually 0.1."),
    ]
