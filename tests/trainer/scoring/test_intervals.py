import numpy as np
import pytest

from trainer.scoring.intervals import excludes_zero, interval, paired, share


def test_nothing_measured_is_none_and_not_zero():
    assert interval([]) is None


def test_an_interval_encloses_its_mean_and_narrows_with_more_values():
    rng = np.random.default_rng(3)
    few, many = interval(rng.normal(size=8)), interval(rng.normal(size=800))
    assert few and many
    assert few.low < few.value < few.high
    assert many.high - many.low < few.high - few.low


def test_the_same_values_give_the_same_interval_twice():
    assert interval([0.1, 0.5, 0.7]) == interval([0.1, 0.5, 0.7])


def test_pairing_sees_a_small_steady_gain_under_large_swings():
    low = {(0, seed): float(seed) for seed in range(8)}
    high = {key: value + 0.1 + 0.01 * (key[1] % 2) for key, value in low.items()}
    gap = paired(high, low)
    assert gap and gap.value == pytest.approx(0.105)
    assert excludes_zero(gap)


def test_only_pictures_that_both_have_are_paired():
    gap = paired({(0, 1): 1.0, (0, 2): 9.0}, {(0, 1): 0.5})
    assert gap and (gap.value, gap.count) == (0.5, 1)


def test_equal_on_average_and_single_pictures_are_not_separable():
    level = paired({(0, 1): 1.0, (0, 2): 0.0}, {(0, 1): 0.0, (0, 2): 1.0})
    single = paired({(0, 1): 1.0}, {(0, 1): 0.0})
    assert level and single
    assert not excludes_zero(level)
    assert not excludes_zero(single)


def test_a_share_keeps_room_for_doubt_where_all_pictures_agree():
    eight_of_eight = share([True] * 8)
    assert eight_of_eight and eight_of_eight.value == 1.0
    assert (eight_of_eight.low, eight_of_eight.high) == pytest.approx((0.676, 1.0), abs=1e-3)


def test_a_share_is_wilsons():
    """Newcombe 1998, table I: 15 of 148."""
    known = share([True] * 15 + [False] * 133 + [None])
    assert known and (known.low, known.high, known.count) == pytest.approx((0.0624, 0.1605, 148), abs=1e-4)
