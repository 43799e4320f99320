"""60/40 by what training shows, not by files."""

from fractions import Fraction
from pathlib import Path

import pytest

from trainer.augment.variants.repeats import balanced, made_share, repeats_for, share_sentence
from trainer.dataset.sample import Sample


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


def _samples(*repeats: int, made: int = 0, held_out: int = 0) -> list[Sample]:
    kinds = [
        *((times, False, "train") for times in repeats),
        *[(1, True, "train")] * made,
        *[(3, False, "held_out")] * held_out,
    ]
    return [
        Sample(
            path=Path(f"{number}.png"),
            sha256=f"{number}",
            width=8,
            height=8,
            repeats=times,
            split=split,  # type: ignore[arg-type]
            origin="variant" if is_made else "original",
        )
        for number, (times, is_made, split) in enumerate(kinds)
    ]


def test_originals_keep_the_proportions_of_their_repeats() -> None:
    mixed = balanced(_samples(7, 7, 3, 3, made=10, held_out=1))
    assert [sample.repeats for sample in mixed] == [7, 7, 3, 3, *[3] * 10, 3]
    assert made_share(mixed) == 0.6
    assert share_sentence(mixed) == "10 variants × 3 and 4 originals × 3 to 7: 60% / 40% of training."


def test_equal_repeats_of_before_are_no_proportion() -> None:
    assert [sample.repeats for sample in balanced(_samples(4, 4, 4, made=9))] == [2, 2, 2, *[1] * 9]


def test_the_guides_three_variants_repeat_originals_twice_nearly() -> None:
    assert repeats_for(20, 60) == (2, 1)
