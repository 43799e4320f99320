"""When likeness has ceased to rise: never while it rises, always on a flat line; what is no number counts nothing."""

import random
from collections.abc import Sequence
from math import inf, nan
from pathlib import Path

import pytest

from trainer.recipe.early_stop import EarlyStop
from trainer.training.plateau import last_rise, of_one_reader
from trainer.training.run.events import Sampled

Row = Sequence[float | None]


def samplings(rows: Sequence[Row], every: int = 10) -> list[Sampled]:
    return [Sampled(step=every * number, paths=(Path("a"),), likeness=tuple(row)) for number, row in enumerate(rows)]


def waits(rows: Sequence[Row], *, least: float = 0.01, warmup: int = 0) -> list[int | None]:
    """Samplings waited since the last rise, after each of them."""
    seen = samplings(rows)
    rises = [last_rise(seen[: end + 1], EarlyStop(patience=3, least_gain=least), warmup) for end in range(len(seen))]
    return [None if rise is None else rise.waited for rise in rises]


def test_a_run_whose_every_prompt_gains_is_never_waited_for() -> None:
    """Whatever the gains are, and however they differ between prompts."""
    for seed in range(20):
        dice = random.Random(seed)
        row, rows = [dice.uniform(-0.5, 0.0) for _ in range(dice.randint(1, 5))], list[Row]()
        for _ in range(8):
            rows.append(tuple(row))
            row = [value + dice.choice((0.011, 0.05, 0.3)) for value in row]
        assert waits(rows) == [0] * 8


def test_a_rise_that_is_slower_than_noise_is_seen_in_the_end() -> None:
    """Against the sampling that rose last, not the one before: 0.004 at a time is more than 0.01 in three."""
    assert waits([(0.1 + 0.004 * number,) for number in range(10)]) == [0, 1, 2, 0, 1, 2, 0, 1, 2, 0]


@pytest.mark.parametrize("prompts", [1, 2, 3, 6])
@pytest.mark.parametrize("noise", [0.0, 0.004, 0.05])
def test_a_flat_line_is_always_waited_out(prompts: int, noise: float) -> None:
    """With no noise or less than the least gain at once; with much, once lucky samplings have become rare."""
    for seed in range(4):
        dice = random.Random(seed)
        waited = waits([[0.5 + dice.uniform(-noise, noise) for _ in range(prompts)] for _ in range(40)])
        assert max(filter(None, waited), default=0) >= 3
        if noise < 0.005:
            assert waited == list(range(40))


def test_a_gain_of_one_prompt_at_anothers_cost_is_noise() -> None:
    assert waits([(0.2, 0.2, 0.2), (0.5, 0.05, 0.1)]) == [0, 1]
    assert waits([(0.2, 0.2, 0.2), (0.5, 0.25, 0.21)]) == [0, 0]


def test_prompts_are_compared_with_themselves() -> None:
    """A portrait is always more like than a figure far away; that spread is no noise."""
    assert waits([(0.1, 0.5, 0.9), (0.12, 0.52, 0.92)]) == [0, 0]


def test_warm_up_is_not_waited_in() -> None:
    assert waits([(0.3,)] * 6, warmup=30) == [0, 0, 0, 0, 1, 2]


def test_what_is_no_likeness_counts_for_nothing() -> None:
    flat: list[Row] = [(None, 0.4), (None, 0.4)]
    assert waits([(None, None), (), *flat]) == [None, None, 0, 1]
    assert waits([*flat, (nan, inf), (None, None), (), *flat]) == [0, 1, 1, 1, 1, 2, 3]


def test_a_face_that_comes_later_is_compared_with_its_first_time() -> None:
    assert waits([(0.4, None), (0.4, 0.1), (0.4, 0.1), (0.42, 0.3)]) == [0, 1, 2, 0]


def test_falling_is_waited_for_too() -> None:
    assert waits([(0.6,), (0.5,), (0.4,), (0.45,)]) == [0, 1, 2, 3]


def test_skipped_samplings_neither_hide_a_reader_nor_count_as_faceless() -> None:
    seen = Sampled(step=10, paths=(Path("a.png"),), likeness=(0.5,), reader="one")
    log = [seen, Sampled(step=20, paths=(), skipped="The base is gone.")]
    assert of_one_reader(log) == [seen] and of_one_reader(log[1:]) == []
