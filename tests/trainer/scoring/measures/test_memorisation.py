from pathlib import Path

import pytest

from trainer.scoring.measures.memorisation import held_out_rise, memorisation
from trainer.scoring.reading.observation import Batch
from trainer.training.run.events import HeldOut
from trainer.training.run.losses import read_losses

LOSSES = [
    HeldOut(step=100, held_out=0.07, train=0.07),
    HeldOut(step=200, held_out=0.064, train=0.06),
    HeldOut(step=600, held_out=0.195, train=0.038),
]


def test_a_run_that_forgets_others_while_learning_its_own_shows_in_rise_and_fall():
    found = memorisation(LOSSES)
    assert found and found.rise == pytest.approx(0.195 / 0.064)
    assert found.fall < 1


def test_a_checkpoint_knows_nothing_of_later_losses():
    found = memorisation(LOSSES[:2])
    assert found and found.rise == 1.0
    assert memorisation([]) is None


def test_a_resumed_run_counts_as_written_last_and_torn_lines_are_passed_over(tmp_path: Path):
    events = tmp_path / "events.jsonl"
    rows = ['{"event":"heldout","step":5,"held_out":9,"train":9}', '{"event":"stepped","step":6}', "[1]"]
    rows += [
        '{"event":"heldout","step":5,"held_out":1,"train":2}',
        '{"event":"heldout","step":7',
        '{"event":"heldout"}',
    ]
    events.write_text("\n".join(rows))
    assert read_losses(events) == [HeldOut(step=5, held_out=1.0, train=2.0)]


def test_without_a_log_there_are_no_losses(tmp_path: Path):
    assert read_losses(tmp_path / "events.jsonl") == []


def test_the_rise_is_told_between_the_least_and_greatest_of_three_evaluations():
    losses = [HeldOut(step=step, held_out=loss, train=0.1) for step, loss in enumerate((0.1, 0.05, 0.06, 0.1, 0.08))]
    rise = held_out_rise(Batch(pictures=(), losses=losses))
    assert rise and (rise.value, rise.low, rise.high, rise.count) == pytest.approx((1.6, 1.2, 2.0, 3))


def test_losses_that_are_no_numbers_are_left_out(tmp_path: Path) -> None:
    rows = [(5, "NaN", "1.0"), (10, "1.0", "Infinity"), (15, "0.5", "0.5")]
    lines = [f'{{"event": "heldout", "step": {step}, "held_out": {one}, "train": {two}}}' for step, one, two in rows]
    (tmp_path / "events.jsonl").write_text("\n".join(lines) + "\n")
    assert [row.step for row in read_losses(tmp_path / "events.jsonl")] == [15]
