"""That live likeness has ceased to rise is said where it has, and nowhere else."""

from collections.abc import Sequence
from math import nan

from trainer.recipe.early_stop import EarlyStop
from trainer.training.watch.live_plateau import Plateau

PLATEAU = Plateau(EarlyStop(), warmup=0)


def rows(curve: Sequence[float]) -> list[list[float]]:
    """Looks every ten steps, of two pictures that gain alike and a third without a face."""
    return [[10 * number, value, value + 0.1, nan] for number, value in enumerate(curve)]


def said_at(curve: Sequence[float], plateau: Plateau = PLATEAU) -> list[int]:
    looks = rows(curve)
    return [number for number in range(1, len(looks) + 1) if plateau.said(looks[:number])]


def test_six_looks_without_a_rise_are_a_plateau() -> None:
    curve = [0.1, 0.2, 0.4, 0.6, *[0.6] * 8]
    assert said_at(curve) == [10, 11, 12]
    assert PLATEAU.said(rows(curve[:10])).startswith(
        "Live likeness last rose at step 30, and not beyond its noise in 6"
    )


def test_a_slow_rise_is_none() -> None:
    assert said_at([0.1 + 0.003 * number for number in range(30)]) == []


def test_what_never_rose_has_not_ceased_to() -> None:
    assert said_at([0.1] * 20) == []


def test_nothing_is_counted_in_warm_up() -> None:
    assert said_at([0.1, 0.3, *[0.3] * 8], Plateau(EarlyStop(), warmup=200)) == []
