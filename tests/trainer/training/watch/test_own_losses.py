"""Training's own losses, freed of the noise levels that each picture happened to meet."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pytest
import torch

from trainer.families.noise import Noised, NoiseLevel
from trainer.training.step.answer import Answer
from trainer.training.watch.own_losses import OwnLosses


@dataclass(frozen=True)
class Named:
    name: str


NAMES = ("a", "b", "c", "d", "e")
HARDNESS = np.array([0.0, 0.8, -0.5, 0.3, 0.0])
FALL = np.array([0.5, 0.5, 0.5, 0.5, 0.0])


def answer(names: list[str], snr: np.ndarray, losses: np.ndarray) -> Answer:
    levels = torch.tensor(snr)
    level = NoiseLevel(time=1 / (1 + levels), snr=levels, objective="epsilon")
    nothing = torch.zeros((len(names), 1, 1, 1))
    examples = cast(Any, [Named(name) for name in names])
    return Answer(examples, names, Noised(nothing, nothing, level), nothing, torch.tensor(losses))


def run(views: int, seed: int = 0) -> OwnLosses:
    """Losses that rise with SNR by three orders; picture c meets little noise alone; all fall but e."""
    rng, own = np.random.default_rng(seed), OwnLosses(NAMES)
    for view in range(views):
        log_snr = rng.uniform(-4, 4, 5)
        log_snr[2] = rng.uniform(2, 4)
        learned = min(1.0, view / views * 2)
        log_loss = 0.8 * log_snr + HARDNESS - FALL * learned + rng.normal(0, 0.2, 5)
        own.add(answer([*NAMES, "somebody else"], np.exp([*log_snr, 0.0]), np.exp([*log_loss, 9.0])))
    return own


def test_the_fall_of_each_picture_is_told_from_the_noise_it_met_and_from_its_hardness() -> None:
    gains = run(150).gains()
    assert gains is not None
    assert [gain.value for gain in gains] == pytest.approx(0.8 * FALL + 0.0, abs=0.13)
    assert all(abs(gain.value - 0.8 * fall) < 3.5 * gain.error for gain, fall in zip(gains, FALL, strict=True))


def test_nothing_is_told_before_every_picture_was_seen_a_few_times_in_both_windows() -> None:
    assert OwnLosses(NAMES).gains() is None
    assert run(15).gains() is None
    assert run(30).gains() is not None


def test_pictures_of_others_are_passed_over() -> None:
    assert len(run(10).rows()) == 10 * len(NAMES)


def test_what_was_restored_tells_the_same() -> None:
    own, again = run(60), OwnLosses(NAMES)
    again.restore(own.rows())
    assert again.gains() == own.gains()
