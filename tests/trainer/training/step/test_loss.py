"""Weights, distances and masks of the loss, beside the numbers that kohya's own functions give.

Pinned from kohya-ss/sd-scripts 48d368fa557731ad0488c07304dfeba8c07910eb on the same inputs: apply_snr_weight,
apply_debiased_estimation and apply_masked_loss (library/custom_train_functions.py), get_huber_threshold_if_needed and
conditional_loss (library/train_util.py).
"""

from dataclasses import replace

import pytest
import torch

from trainer.families.noise import NoiseLevel, Objective, debiased_weight, min_snr_weight, mixed, snr_of, target
from trainer.recipe.loss import HuberSchedule, Loss, LossKind
from trainer.training.step.loss import element_errors, huber_threshold, mask_weight, picture_losses

# SDXL's own schedule, scaled_linear.
BETAS = torch.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2
ALPHAS = (1 - BETAS).cumprod(0)
TIMES = torch.tensor([0, 100, 500, 900, 999])
PLAIN = Loss(min_snr_gamma=0)

RAMP = torch.arange(5 * 4 * 8 * 8, dtype=torch.float64).reshape(5, 4, 8, 8)
PREDICTED = (RAMP * 0.37).sin().float() * 1.5
TARGET = (RAMP * 0.11).cos().float()


def level(timesteps: torch.Tensor = TIMES, objective: Objective = "epsilon") -> NoiseLevel:
    return NoiseLevel(time=timesteps.double() / 1000, snr=snr_of(ALPHAS, timesteps), objective=objective)


def zero_terminal(alphas: torch.Tensor) -> torch.Tensor:
    root = alphas.sqrt()
    return ((root - root[-1]) * root[0] / (root[0] - root[-1])).square()


def approx(values: list[float]) -> object:
    return pytest.approx(values, rel=2e-6)


@pytest.mark.parametrize(
    ("objective", "weights"),
    [
        ("epsilon", [0.004253724, 0.5914454, 1.0, 1.0, 1.0]),
        ("velocity", [0.004250109, 0.5288842, 0.2763325, 0.01415113, 0.004660094]),
    ],
)
def test_min_snr_is_kohyas(objective: Objective, weights: list[float]) -> None:
    assert min_snr_weight(level(objective=objective), 5.0).tolist() == approx(weights)


@pytest.mark.parametrize(
    ("objective", "weights"),
    [
        ("epsilon", [0.03162278, 0.3439318, 1.61828, 8.3466, 14.61465]),
        ("velocity", [0.000999001, 0.1057768, 0.7236676, 0.9858489, 0.9953399]),
    ],
)
def test_debiased_is_kohyas(objective: Objective, weights: list[float]) -> None:
    assert debiased_weight(level(objective=objective)).tolist() == approx(weights)


@pytest.mark.parametrize(
    ("schedule", "thresholds"),
    [
        ("constant", [0.1, 0.1, 0.1, 0.1, 0.1]),
        ("exponential", [1.0, 0.7943282, 0.3162278, 0.1258925, 0.1002305]),
        ("snr", [0.9497092, 0.5982967, 0.2312836, 0.1103023, 0.1036913]),
    ],
)
def test_huber_thresholds_are_kohyas(schedule: HuberSchedule, thresholds: list[float]) -> None:
    assert huber_threshold(level(), 0.1, schedule).tolist() == approx(thresholds)


@pytest.mark.parametrize(
    ("kind", "schedule", "losses"),
    [
        ("l2", "snr", [1.550617, 1.675269, 1.596389, 1.627089, 1.658322]),
        ("huber", "constant", [0.1898771, 0.1989096, 0.192607, 0.1951585, 0.1969473]),
        ("huber", "exponential", [1.04364, 0.9875072, 0.5144172, 0.2405586, 0.1973637]),
        ("huber", "snr", [1.018566, 0.8359187, 0.4009005, 0.2134536, 0.2035958]),
        ("smooth_l1", "constant", [1.898771, 1.989096, 1.92607, 1.951585, 1.969473]),
        ("smooth_l1", "exponential", [1.04364, 1.243198, 1.62673, 1.910825, 1.969098]),
        ("smooth_l1", "snr", [1.072503, 1.397164, 1.733372, 1.935169, 1.96348]),
    ],
)
def test_a_pictures_error_is_kohyas(kind: LossKind, schedule: HuberSchedule, losses: list[float]) -> None:
    how = replace(PLAIN, kind=kind, huber_schedule=schedule)
    assert picture_losses(PREDICTED, TARGET, how, level(), None).tolist() == approx(losses)


def test_distance_and_weight_go_together_as_in_kohyas() -> None:
    how = Loss(kind="huber", huber_schedule="exponential")
    expected = [0.004439357, 0.5840566, 0.5144172, 0.2405586, 0.1973637]
    assert picture_losses(PREDICTED, TARGET, how, level(), None).tolist() == approx(expected)


def test_a_masked_loss_is_kohyas_over_the_masks_mean() -> None:
    mask = (torch.arange(64) < 24).float().view(1, 1, 8, 8).expand(5, 1, 8, 8)
    kohyas = torch.tensor([0.5730776, 0.6452652, 0.5809125, 0.6335343, 0.5960168])
    how = replace(PLAIN, masked=True, mask_floor=0)
    assert picture_losses(PREDICTED, TARGET, how, level(), mask).tolist() == approx((kohyas / 0.375).tolist())


@pytest.mark.parametrize("objective", ["epsilon", "velocity", "flow"])
@pytest.mark.parametrize("alphas", [ALPHAS, zero_terminal(ALPHAS)], ids=["plain", "zero terminal SNR"])
def test_weights_and_thresholds_are_finite_at_every_timestep(objective: Objective, alphas: torch.Tensor) -> None:
    times = torch.arange(1000)
    ratios = snr_of(alphas, times)
    at = NoiseLevel(time=times.double() / 1000, snr=ratios, objective=objective)
    numbers = [min_snr_weight(at, 5.0), debiased_weight(at)]
    numbers += [huber_threshold(at, 0.1, schedule) for schedule in ("constant", "exponential", "snr")]
    assert all(torch.isfinite(each).all() and (each > 0).all() for each in numbers)


def test_a_wide_huber_is_the_squared_error_and_a_narrow_one_the_plain_error() -> None:
    square = (PREDICTED - TARGET).square()
    wide, narrow = torch.full((5,), 1e4), torch.full((5,), 1e-6)
    assert torch.allclose(element_errors(PREDICTED, TARGET, "huber", wide), square, rtol=1e-4)
    assert torch.allclose(element_errors(PREDICTED, TARGET, "smooth_l1", wide) * 1e4, square, rtol=1e-4)
    assert torch.allclose(element_errors(PREDICTED, TARGET, "smooth_l1", narrow), 2 * square.sqrt(), atol=1e-5)


@pytest.mark.parametrize("kind", ["l2", "huber", "smooth_l1"])
def test_no_error_has_no_gradient(kind: LossKind) -> None:
    predicted = TARGET.clone().requires_grad_()
    losses = picture_losses(predicted, TARGET, replace(PLAIN, kind=kind), level(), None)
    losses.sum().backward()
    assert not losses.any()
    assert predicted.grad is not None
    assert not predicted.grad.any()


@pytest.mark.parametrize("coverage", [0.2, 1.0])
def test_an_even_mask_is_no_mask(coverage: float) -> None:
    mask = torch.full((5, 1, 8, 8), coverage)
    plain = picture_losses(PREDICTED, TARGET, PLAIN, level(), None)
    masked = picture_losses(PREDICTED, TARGET, replace(PLAIN, masked=True), level(), mask)
    assert torch.allclose(masked, plain, rtol=1e-6)


def test_background_counts_by_the_floor_and_size_does_not_matter() -> None:
    small, large = torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 8, 8)
    small[..., 0, 0], large[..., :7] = 1, 1
    for mask in (small, large):
        weight = mask_weight(mask, 0.1)
        assert float(weight.mean()) == pytest.approx(1)
        assert float(weight.min() / weight.max()) == pytest.approx(0.1)


def test_without_a_floor_the_background_teaches_nothing() -> None:
    mask = torch.zeros(5, 1, 8, 8)
    mask[..., 4:] = 1
    predicted = PREDICTED.clone().requires_grad_()
    picture_losses(predicted, TARGET, replace(PLAIN, masked=True, mask_floor=0), level(), mask).sum().backward()
    assert predicted.grad is not None
    assert not predicted.grad[..., :4].any()
    assert predicted.grad[..., 4:].any()


@pytest.mark.parametrize("objective", ["epsilon", "velocity", "flow"])
def test_min_snr_weighs_the_same_error_in_the_picture_alike(objective: Objective) -> None:
    """The error of the prediction that one error in x makes, weighted, is min(SNR, γ) of it whatever is predicted."""
    time = torch.tensor([0.1, 0.4, 0.8], dtype=torch.float64)
    if objective == "flow":
        a, s = 1 - time, time
    else:
        a, s = (1 - time).sqrt(), time.sqrt()
    at = NoiseLevel(time=time, snr=(a / s).square(), objective=objective)
    clean, noise, wrong = torch.randn((3, 3, 1, 2, 2), generator=torch.Generator().manual_seed(0)).double()
    noisy = mixed(clean, noise, a, s)
    guess = clean + 0.01 * wrong
    implied = (noisy - a[:, None, None, None] * guess) / s[:, None, None, None]
    errors = target(objective, guess, implied, a, s) - target(objective, clean, noise, a, s)
    weighted = errors.square().mean(dim=(1, 2, 3)) * min_snr_weight(at, 5.0)
    expected = (guess - clean).square().mean(dim=(1, 2, 3)) * at.snr.clamp(max=5.0)
    assert torch.allclose(weighted, expected)
