from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.dataset.ratio import (
    MOST_REPEATS,
    TOLERANCE,
    deviation,
    effective,
    is_met,
    parse_shares,
    smallest_repeats,
)
from trainer.errors import DatasetError

SHARES = [(0.6, 0.4), (0.7, 0.3), (0.5, 0.5), (0.1, 0.9)]


@pytest.mark.parametrize("shares", SHARES)
def test_every_pair_of_counts_up_to_fifty_is_met_or_beyond_a_hundred_repeats(shares: tuple[float, float]):
    for counts in product(range(1, 51), repeat=2):
        repeats = smallest_repeats(counts, shares)
        assert all(1 <= times <= MOST_REPEATS for times in repeats)
        if is_met(counts, repeats, shares):
            assert abs(effective(counts, repeats)[0] - shares[0]) <= TOLERANCE + 1e-6
        else:
            assert MOST_REPEATS in repeats


@settings(max_examples=15, deadline=None)
@given(st.tuples(st.integers(1, 50), st.integers(1, 50)), st.sampled_from(SHARES))
def test_no_other_repeats_are_smaller_or_closer(counts: tuple[int, int], shares: tuple[float, float]):
    every = list(product(range(1, MOST_REPEATS + 1), repeat=2))
    met = [repeats for repeats in every if is_met(counts, repeats, shares)]
    found = smallest_repeats(counts, shares)
    if met:
        assert (sum(found), max(found)) == min((sum(repeats), max(repeats)) for repeats in met)
    else:
        closest = min(deviation(counts, repeats, shares) for repeats in every)
        assert deviation(counts, found, shares) == pytest.approx(closest)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=3, max_size=3))
def test_three_parts_get_the_smallest_too(parts: list[tuple[int, int]]):
    counts, wanted = zip(*parts, strict=True)
    shares = [share / sum(wanted) for share in wanted]
    found = smallest_repeats(counts, shares)
    smaller = (repeats for repeats in product(range(1, 13), repeat=3) if sum(repeats) < sum(found))
    assert not any(is_met(counts, repeats, shares) for repeats in smaller)


def test_many_parts_are_solved_at_once():
    counts = list(range(3, 15))
    shares = [1 / 12] * 12
    assert is_met(counts, smallest_repeats(counts, shares), shares)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("60/40", [60, 40]), ("70:30", [70, 30]), ("50 / 30 / 20", [50, 30, 20]), ("60%, 40%", [60, 40])],
)
def test_shares_are_read_as_people_write_them(text: str, numbers: list[float]):
    assert parse_shares(text) == numbers


@pytest.mark.parametrize("text", ["60", "a/b", "-1/2", "0/100", "inf/1", "٦٠/٤٠"])
def test_other_shares_are_refused(text: str):
    with pytest.raises(DatasetError, match="share"):
        parse_shares(text)
