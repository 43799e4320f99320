from collections.abc import Sequence

import numpy as np
import pytest

from trainer.errors import RecipeError
from trainer.scoring.balance.grid import BalanceGrid, both_high
from trainer.scoring.balance.pick import pick
from trainer.scoring.intervals import FEWEST

from .stage import flagged, scores

CONTROL = scores("Neither", [0.1] * 12)
NOISE = np.random.default_rng(0).normal(size=12) * 0.01


def _like(mean: float, noise: np.ndarray = NOISE) -> Sequence[float]:
    """Twelve pictures, each column with the same hard and easy ones."""
    return [float(value) for value in mean + noise]


def test_the_best_pair_is_taken_where_it_can_be_told_from_the_others():
    cells = {
        (0.6, 0.0): scores("a", _like(0.4)),
        (0.6, 0.6): scores("b", _like(0.7)),
        (0.9, 0.6): scores("c", _like(0.6)),
    }
    made = pick(CONTROL, cells, 0.9, "PuLID")
    assert made.pair == (0.6, 0.6) and made.tied == ((0.6, 0.6),) and made.warnings == ()
    assert made.reason.startswith("LoRA 0.6 with 0.6 is best in likeness and flexibility together")
    assert "The LoRA without PuLID, best at 0.6, is 0.3" in made.reason
    assert "real pictures 0.90" in made.reason and "variety not measured" in made.reason


def test_of_pairs_that_cannot_be_told_apart_the_lowest_of_both_is_taken_and_how_many_there_are_is_said():
    other = np.random.default_rng(1).normal(size=12) * 0.2
    cells = {
        (1.0, 0.7): scores("a", _like(0.71, other)),
        (0.8, 0.5): scores("b", _like(0.7, -other)),
        (0.9, 0.3): scores("c", _like(0.69)),
        (0.6, 0.0): scores("d", _like(0.2)),
    }
    made = pick(CONTROL, cells, 0.9, "PuLID")
    assert made.pair == (0.9, 0.3) and set(made.tied) == {(1.0, 0.7), (0.8, 0.5), (0.9, 0.3)}
    assert "LoRA 0.9 with 0.3 is advised: LoRA 1 with 0.7 is best" in made.reason
    assert "2 of the others cannot be told from it" in made.reason


def test_of_two_as_low_together_the_one_with_the_smaller_weight_is_taken():
    cells = {(0.6, 0.6): scores("a", _like(0.7)), (0.9, 0.3): scores("b", _like(0.7))}
    assert pick(CONTROL, cells, 0.9, "PuLID").pair == (0.9, 0.3)


def test_what_a_gate_rules_out_is_never_taken_and_is_counted():
    cells = {(0.8, 0.6): scores("a", _like(0.5)), (1.0, 1.0): flagged(scores("b", _like(0.95)))}
    made = pick(CONTROL, cells, 0.9, "PuLID")
    assert made.pair == (0.8, 0.6) and "1 of 2 pairs are ruled out." in made.reason


def test_where_nothing_passes_nothing_is_taken_and_why_is_said():
    made = pick(CONTROL, {(0.8, 0.6): flagged(scores("a", _like(0.5)))}, 0.9, "PuLID")
    assert made.pair is None
    assert made.reason == "No pair passes. Of the first, LoRA 0.8 with 0.6: It draws the same each time."


def test_without_identity_nothing_is_taken():
    made = pick(scores("Neither", []), {(0.8, 0.6): scores("a", [])}, None, "PuLID")
    assert made.pair is None and "choose by eye" in made.reason


def test_too_few_pictures_take_the_pair_nearest_to_the_guides_and_say_so():
    few = [0.7] * (FEWEST - 1)
    cells = {pair: scores(str(pair), few) for pair in ((0.6, 0.0), (0.8, 0.5), (1.0, 1.0))}
    made = pick(scores("Neither", few), cells, 0.9, "PuLID")
    assert made.pair == (0.8, 0.5) and "too few to tell pairs apart" in made.reason


def test_a_pick_high_in_both_is_warned_of():
    cells = {(0.9, 0.7): scores("a", _like(0.8)), (0.6, 0.0): scores("b", _like(0.2))}
    (warning,) = pick(CONTROL, cells, 0.9, "PuLID").warnings
    assert warning.startswith("LoRA 0.9 with weight 0.7 is much of both")


@pytest.mark.parametrize(
    ("strength", "weight", "is_high"),
    [(0.9, 0.7, True), (1.0, 1.0, True), (0.89, 1.0, False), (1.0, 0.69, False)],
)
def test_both_are_high_from_nine_tenths_and_seven_tenths_on(strength: float, weight: float, is_high: bool):
    assert bool(both_high(strength, weight)) is is_high


def test_the_one_alone_is_held_against_both_wherever_it_was_drawn():
    cells = {
        (0.0, 0.6): scores("a", _like(0.5)),
        (0.8, 0.0): scores("b", _like(0.7)),
        (0.8, 0.6): scores("c", _like(0.4)),
    }
    made = pick(CONTROL, cells, 0.9, "PuLID")
    assert made.pair == (0.8, 0.0)
    assert "The best of both together, LoRA 0.8 with 0.6, is 0.3" in made.reason
    assert "Without the LoRA PuLID, best at 0.6, is 0.2" in made.reason


def test_a_grid_is_in_order_and_refuses_what_cannot_be_drawn():
    grid = BalanceGrid((0.9, 0.7), (0.5, 0.0))
    assert grid.pairs == ((0.7, 0.0), (0.7, 0.5), (0.9, 0.0), (0.9, 0.5))
    assert len(BalanceGrid().pairs) == 30 and len(BalanceGrid.quick().pairs) == 9
    for strengths, weights in (((), (0.5,)), ((0.5, 0.5), (0.5,)), ((0.5,), (-0.1,)), ((2.5,), (float("nan"),))):
        with pytest.raises(RecipeError, match="use numbers from 0 to 2, each once"):
            BalanceGrid(strengths, weights)


def test_what_is_better_than_the_pick_and_cannot_be_told_from_it_is_not_called_worse():
    other = np.random.default_rng(1).normal(size=12) * 0.2
    cells = {(1.0, 0.0): scores("a", _like(0.72, other)), (0.6, 0.3): scores("b", _like(0.7, -other))}
    made = pick(CONTROL, cells, 0.9, "PuLID")
    assert made.pair == (0.6, 0.3)
    assert "The LoRA without PuLID, best at 1, cannot be told from it (0.14" in made.reason
    assert "better)" in made.reason and "(-0.14" not in made.reason
