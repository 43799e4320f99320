"""Whether one group lies above another, and how sure that is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.training.watch.separation import separation

NUMBERS = st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=12)


def test_it_counts_the_pairs_that_are_won_and_half_of_those_that_tie() -> None:
    assert separation([1.0, 2.0], [0.0, 2.0]).value == pytest.approx(2.5 / 4)


@settings(max_examples=50, deadline=None)
@given(NUMBERS, NUMBERS)
def test_groups_that_change_places_turn_chance_and_interval_around(one: list[float], other: list[float]) -> None:
    found, turned = separation(one, other), separation(other, one)
    assert (turned.value, turned.low, turned.high) == pytest.approx((1 - found.value, 1 - found.high, 1 - found.low))
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_few_pictures_that_part_entirely_are_not_certain() -> None:
    few, many = separation([1.0] * 3, [0.0] * 3), separation([1.0] * 30, [0.0] * 30)
    assert few.high == many.high == 1
    assert few.low < 0.55 < 0.85 < many.low


def test_a_group_of_none_is_refused() -> None:
    with pytest.raises(ValueError, match="Both groups need"):
        separation([], [1.0])
