"""How much of the fall of error belongs to training pictures alone, and how sure that is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.training.watch.fall_share import fall_share

FALLS = st.lists(st.floats(-2, 2), min_size=2, max_size=12)


def test_it_is_the_training_pictures_part_of_both_means() -> None:
    assert fall_share([0.9, 0.9, 0.9], [0.3, 0.3]).value == pytest.approx(0.75)


@pytest.mark.parametrize(("held_out", "value"), [([0.4, 0.6], 0.5), ([0.0, 0.0], 1.0), ([-0.2, -0.4], 1.0)])
def test_alike_is_half_and_held_out_pictures_that_do_not_fall_are_all_of_it(
    held_out: list[float], value: float
) -> None:
    assert fall_share([0.5, 0.5], held_out).value == pytest.approx(value)


def test_where_nothing_falls_nothing_is_learned_by_heart() -> None:
    assert fall_share([-0.1, -0.3], [-0.2, 0.0]).value == 0.5


@settings(max_examples=50, deadline=None)
@given(FALLS, FALLS)
def test_groups_that_change_places_turn_it_around_and_it_lies_in_its_interval(
    train: list[float], held_out: list[float]
) -> None:
    found, turned = fall_share(train, held_out), fall_share(held_out, train)
    assert found.value == pytest.approx(1 - turned.value)
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_few_pictures_are_not_certain_and_many_are() -> None:
    few, many = ([1.0, 1.2, 0.8] * times for times in (1, 20))
    shy, sure = fall_share(few, [0.2, 0.4, 0.3]), fall_share(many, [0.2, 0.4, 0.3] * 20)
    assert shy.low < 0.65 < 0.72 < sure.low < sure.high < 0.82
