from dataclasses import replace

import numpy as np
import pytest

from trainer.scoring.measures.measure import MEASURES
from trainer.scoring.reading.observation import Batch, PictureScore
from trainer.training.run.events import HeldOut

TURNS = ("looking left", "looking at viewer", "right profile", "looking up")
"""What prompts ask for; every second picture does it."""
YAWS = (-30.0, 5.0, 70.0, 0.0)


@pytest.mark.parametrize("name", MEASURES)
def test_what_there_is_nothing_to_measure_by_is_none_and_not_zero(name: str):
    assert MEASURES[name](Batch(pictures=())) is None


@pytest.mark.parametrize("name", sorted({*MEASURES} - {"broken"}))
def test_pictures_that_no_reader_read_are_not_measured(name: str):
    """Nor are they low: without a backend its measure is left out."""
    unread = [PictureScore(probe=each.probe, kind=each.kind, seed=each.seed, path="") for each in full().pictures]
    assert MEASURES[name](Batch(pictures=unread, control=unread)) is None


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_lies_in_its_own_interval(name: str):
    measured = MEASURES[name](full())
    assert measured is not None
    assert measured.low <= measured.value <= measured.high
    assert measured.count > 0


@pytest.mark.parametrize("name", MEASURES)
def test_no_measure_depends_on_the_order_of_pictures(name: str):
    batch = full()
    turned = replace(batch, pictures=batch.pictures[::-1], control=batch.control[::-1])
    assert MEASURES[name](turned) == MEASURES[name](batch)


def full() -> Batch:
    """Something to measure by for every measure."""
    kinds = ("trigger", "prompt", "class", "other")
    pictures = [
        PictureScore(
            probe=probe,
            kind=kind,
            seed=seed,
            path="",
            identity=0.1 * seed,
            top1=seed > 1,
            bleed=seed > 2 if kind == "other" else None,
            followed={"scene": seed > 1, "expression": seed > 2},
            nearest=0.01 * seed,
            copied=0.25 * seed,
            background=0.3 * seed if kind == "prompt" else None,
            asked={"turn": TURNS[seed], "scene": "forest", "expression": "open mouth"} if kind == "prompt" else {},
            yaw=YAWS[seed],
            pitch=30.0 if seed == 3 else 0.0,
            own_style=seed > 1,
        )
        for probe, kind in enumerate(kinds)
        for seed in range(4)
    ]
    small = {picture.key: np.full((2, 2, 3), picture.seed / 8, np.float32) for picture in pictures}
    wider = {key: 2 * copy for key, copy in small.items()}
    losses = [HeldOut(step=step, held_out=0.1 + 0.01 * step, train=0.1) for step in range(4)]
    return Batch(pictures=pictures, control=pictures, small=small, control_small=wider, losses=losses)
