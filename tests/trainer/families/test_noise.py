"""What an answer of a denoiser says the picture is."""

import pytest
import torch

from trainer.families.noise import NoiseLevel, Objective, clean_of, flow_snr, mixed, snr_of, target

ALPHAS = (1 - torch.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2).cumprod(0)
CLEAN, NOISE = torch.randn(2, 5, 4, 8, 8, generator=torch.Generator().manual_seed(0))


def stands(objective: Objective) -> tuple[NoiseLevel, torch.Tensor, torch.Tensor]:
    """Five levels from nearly the picture to nearly noise, and each picture's part and noise's part there."""
    if objective == "flow":
        time = torch.tensor([0.02, 0.2, 0.5, 0.8, 0.99], dtype=torch.float64)
        return NoiseLevel(time=time, snr=flow_snr(time), objective=objective), (1 - time).float(), time.float()
    steps = torch.tensor([1, 200, 500, 800, 990])
    level = NoiseLevel(time=steps.double() / 1000, snr=snr_of(ALPHAS, steps), objective=objective)
    return level, ALPHAS[steps].sqrt(), (1 - ALPHAS[steps]).sqrt()


@pytest.mark.parametrize("objective", ["epsilon", "velocity", "flow"])
def test_the_right_answer_is_the_picture(objective: Objective) -> None:
    level, a, s = stands(objective)
    noisy = mixed(CLEAN, NOISE, a, s)
    told = clean_of(level, noisy, target(objective, CLEAN, NOISE, a, s))
    assert torch.allclose(told, CLEAN, atol=3e-5)


@pytest.mark.parametrize("objective", ["epsilon", "velocity", "flow"])
def test_a_wrong_answer_is_wrong_by_its_error_at_that_level(objective: Objective) -> None:
    """x moves by s / a, s or t for each of the answer."""
    level, a, s = stands(objective)
    moved = clean_of(level, torch.zeros_like(CLEAN), torch.ones_like(CLEAN))
    scale = s / a if objective == "epsilon" else s
    assert torch.allclose(-moved, scale[:, None, None, None].expand_as(moved), rtol=1e-4)


def test_an_answer_in_little_precision_is_read_in_fp32() -> None:
    level, _, _ = stands("epsilon")
    assert clean_of(level, CLEAN, NOISE.to(torch.bfloat16)).dtype == torch.float32
