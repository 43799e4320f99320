import numpy as np
import pytest

from trainer.scoring.measures.measure import MEASURES
from trainer.scoring.observation import Batch, PictureScore
from trainer.training.run.events import HeldOut


@pytest.mark.parametrize("name", MEASURES)
def test_what_there_is_nothing_to_measure_by_is_none_and_not_zero(name: str):
    assert MEASURES[name](Batch(pictures=())) is None


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_lies_in_its_own_interval(name: str):
    measured = MEASURES[name](full())
    assert measured is not None
    assert measured.low <= measured.value <= measured.high
    assert measured.count > 0


def full() -> Batch:
    """Something to measure by for every measure."""
    pictures = [
        PictureScore(
            probe=probe,
            kind=kind,
            seed=seed,
            path="",
            identity=0.1 * seed,
            top1=seed > 1,
            bleed=seed > 2 if kind == "other" else None,
            followed={"scene": seed > 1},
            nearest=0.01 * seed,
        )
        for probe, kind in enumerate(("trigger", "prompt", "class", "other"))
        for seed in range(4)
    ]
    small = {picture.key: np.full((2, 2, 3), picture.seed / 8, np.float32) for picture in pictures}
    wider = {key: 2 * copy for key, copy in small.items()}
    losses = [HeldOut(step=step, held_out=0.1 + 0.01 * step, train=0.1) for step in range(4)]
    return Batch(pictures=pictures, control=pictures, small=small, control_small=wider, losses=losses)
