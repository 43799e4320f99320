"""Training's own losses, freed of the noise levels that each picture happened to meet."""

from dataclasses import replace
from pathlib import Path
from time import process_time
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch

from trainer.families.noise import Noised, NoiseLevel
from trainer.training.step.answer import Answer
from trainer.training.watch.own_losses import OwnLosses

NAMES = tuple(map(Path, ("one/a", "two/a", "c", "d", "e")))
OTHER = Path("somebody else")
HARDNESS = np.array([0.0, 0.8, -0.5, 0.3, 0.0])
FALL = np.array([0.5, 0.5, 0.5, 0.5, 0.0])


def answer(names: list[Path], snr: np.ndarray, losses: np.ndarray) -> Answer:
    levels = torch.tensor(snr)
    level = NoiseLevel(time=1 / (1 + levels), snr=levels, objective="epsilon")
    nothing = torch.zeros((len(names), 1, 1, 1))
    examples = cast(Any, [SimpleNamespace(sample=SimpleNamespace(path=path)) for path in names])
    return Answer(
        examples, [str(path) for path in names], Noised(nothing, nothing, level), nothing, torch.tensor(losses)
    )


def run(views: int, seed: int = 0) -> OwnLosses:
    """Losses that rise with SNR by three orders; picture c meets little noise alone; all fall but e."""
    rng, own = np.random.default_rng(seed), OwnLosses(NAMES)
    for view in range(views):
        log_snr = rng.uniform(-4, 4, 5)
        log_snr[2] = rng.uniform(2, 4)
        learned = min(1.0, view / views * 2)
        log_loss = 0.8 * log_snr + HARDNESS - FALL * learned + rng.normal(0, 0.2, 5)
        own.add(answer([*NAMES, OTHER], np.exp([*log_snr, 0.0]), np.exp([*log_loss, 9.0])))
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


def test_the_views_of_many_pictures_cost_no_more_than_as_many_of_few() -> None:
    count, views = 1500, 20
    rng, own = np.random.default_rng(0), OwnLosses([Path(str(place)) for place in range(count)])
    places = np.tile(np.arange(count), views)
    log_snr, log_loss = rng.uniform(-4, 4, len(places)), rng.normal(0, 1, len(places))
    own.restore(np.stack([places.astype(float), log_snr, log_loss], axis=1))
    began = process_time()
    gains = own.gains()
    assert gains is not None and len(gains) == count
    # Columns for each picture would be 12 000 x 1500 numbers to solve for: over ten seconds.
    assert process_time() - began < 1


def test_losses_are_kept_as_they_came_because_rows_of_a_gpus_would_be_waited_for() -> None:
    own, done = OwnLosses(NAMES), []

    class Seen(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            done.append(func)
            return super().__torch_function__(func, types, args, kwargs or {})

    seen = answer([NAMES[0], OTHER, NAMES[1]], np.ones(3), np.array([1.0, 2.0, 3.0]))
    own.add(replace(seen, losses=seen.losses.as_subclass(Seen)))
    assert done == []
    assert np.exp(own.rows()[:, 2]) == pytest.approx([1.0, 3.0])
