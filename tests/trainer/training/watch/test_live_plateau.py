"""That live likeness has ceased to rise is said where it has, once, and nowhere else."""

from collections.abc import Sequence

from trainer.recipe.early_stop import EarlyStop
from trainer.training.run.events import Event, LiveLikeness, Noticed
from trainer.training.watch.live_plateau import LivePlateau


def looks(curve: Sequence[float], reader: str = "") -> list[LiveLikeness]:
    """Every ten steps, at two pictures that gain alike and a third without a face."""
    each = [(value, value + 0.1, None) for value in curve]
    return [
        LiveLikeness(step=10 * number, likeness=one[0], pictures=2, reader=reader, each=one)
        for number, one in enumerate(each)
    ]


def said(told: Sequence[LiveLikeness], before: Sequence[Event] = (), warmup: int = 0) -> list[Noticed]:
    plateau = LivePlateau(EarlyStop(), warmup, lambda: before)
    return [each for look in told for each in plateau.after(look)]


def test_twelve_looks_without_a_rise_are_a_plateau_and_it_is_said_once() -> None:
    (noticed,) = said(looks([0.1, 0.2, 0.4, 0.6, *[0.6] * 14, 0.9, *[0.9] * 14]))
    assert noticed.step == 150
    assert noticed.what.startswith("Live likeness last rose at step 30, and not beyond its noise in 12 looks")


def test_a_slow_rise_is_none() -> None:
    assert not said(looks([0.1 + 0.003 * number for number in range(40)]))


def test_what_never_rose_has_not_ceased_to() -> None:
    assert not said(looks([0.1] * 20))


def test_nothing_is_counted_in_warm_up() -> None:
    assert not said(looks([0.1, 0.3, *[0.3] * 14]), warmup=200)


def test_a_resumed_run_says_it_where_the_unbroken_one_does_and_not_again() -> None:
    told = looks([0.1, 0.2, 0.4, 0.6, *[0.6] * 14])
    whole = said(told)
    for cut in range(1, len(told)):
        first = said(told[:cut])
        assert first + said(told[cut:], before=[*told[:cut], *first]) == whole


def test_another_readers_numbers_are_not_compared() -> None:
    before = looks([0.1, *[0.9] * 12], reader="another")
    assert not said(looks([0.1, 0.2, 0.4, 0.6, *[0.6] * 12])[13:], before=before)
