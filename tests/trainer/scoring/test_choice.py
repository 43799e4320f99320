"""Why a checkpoint is chosen and an earlier one is not."""

from collections.abc import Sequence

from trainer.scoring.choose import choose
from trainer.scoring.intervals import interval
from trainer.scoring.observation import PictureScore
from trainer.scoring.scores import Flag, Scores

CONTROL_IDENTITY = 0.1
HARD = (0.3, 0.5, 0.7, 0.9)
"""Cosines by prompt: prompts differ more than checkpoints do, so that intervals overlap where pairs tell them apart."""


def scores(step: int | None, values: Sequence[float], flags: tuple[Flag, ...] = (), leaks: bool = False) -> Scores:
    rows = [
        PictureScore(path="", kind="prompt", probe=number // 2, seed=number % 2, identity=value)
        for number, value in enumerate(values)
    ]
    return Scores(
        label="No LoRA" if step is None else f"Step {step}",
        step=step,
        lora=None,
        measures={"identity": interval(values)},
        slots={},
        flags=flags,
        cautions=("leaks",) if leaks else (),
        pictures=tuple(rows),
    )


CONTROL = scores(None, [CONTROL_IDENTITY] * 4)


def test_a_later_step_that_wins_says_by_how_much_an_earlier_one_within_its_interval_is_worse():
    early, late = scores(100, [value - 0.05 for value in HARD]), scores(200, HARD)
    choice = choose(CONTROL, [early, late], 1.0)
    assert choice.label == "Step 200" and choice.tied == ("Step 200",)
    assert "Step 100 is as like, but on the same prompts and seeds it is 0.06 (0.06 to 0.06) worse" in choice.reason


def test_an_earlier_step_that_is_as_like_but_ruled_out_gives_its_reason():
    early = scores(100, HARD, (Flag("overtrained", "The same one each time."),))
    assert choose(CONTROL, [early, scores(200, HARD)], 1.0).reason.endswith(
        "Step 100 is as like, but ruled out: The same one each time."
    )


def test_the_earliest_of_those_that_cannot_be_told_apart_needs_no_excuse():
    choice = choose(CONTROL, [scores(100, HARD), scores(200, HARD)], 1.0)
    assert choice.label == "Step 100" and "the earliest is taken" in choice.reason and "as like" not in choice.reason


def test_a_step_that_is_clearly_less_like_is_not_spoken_of():
    assert "Step 100" not in choose(CONTROL, [scores(100, [0.1] * 4), scores(200, HARD)], 1.0).reason
