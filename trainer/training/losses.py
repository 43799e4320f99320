"""Noise-prediction weights: signal-to-noise ratio and its min-SNR clipping (Hang et al. 2023, arXiv 2303.09556)."""

from typing import Literal

from torch import Tensor

Prediction = Literal["epsilon", "v_prediction"]


def snr(alphas_cumprod: Tensor, timesteps: Tensor) -> Tensor:
    """ᾱ / (1 − ᾱ) at each timestep, (n,)."""
    signal = alphas_cumprod[timesteps]
    return signal / (1 - signal)


def min_snr_weight(snr: Tensor, gamma: float, prediction: Prediction) -> Tensor:
    """Loss weight a picture, (n,): min(SNR, γ) / SNR for noise, min(SNR, γ) / (SNR + 1) for velocity.

    At zero SNR the noise is the picture itself and its weight is the limit, 1.
    """
    clipped = snr.clamp(max=gamma)
    if prediction == "v_prediction":
        return clipped / (snr + 1)
    return (clipped / snr).nan_to_num(1.0)
