"""60/40 by what training shows, not by files."""

from fractions import Fraction

import pytest

from trainer.augment.variants.repeats import repeats_for


@pytest.mark.parametrize("variants", range(1, 9))
@pytest.mark.parametrize("renders", range(1, 51))
def test_full_sets_are_mixed_exactly(renders: int, variants: int) -> None:
    plain, varied = repeats_for(renders, renders * variants)
    shown = renders * plain + renders * variants * varied
    assert Fraction(renders * variants * varied, shown) == Fraction(3, 5)
    assert max(plain, varied) <= 16


@pytest.mark.parametrize("renders", [1, 2, 3, 7, 16, 20, 50])
def test_uneven_sets_come_within_three_points(renders: int) -> None:
    for variants in range(max(1, renders // 4), 8 * renders + 1):
        plain, varied = repeats_for(renders, variants)
        share = variants * varied / (renders * plain + variants * varied)
        assert abs(share - 0.6) <= 0.03 + 1e-9, (renders, variants, plain, varied)


def test_either_part_alone_repeats_once() -> None:
    assert repeats_for(5, 0) == (1, 1) == repeats_for(0, 5)


def test_the_guides_three_variants_repeat_originals_twice_nearly() -> None:
    assert repeats_for(20, 60) == (2, 1)
