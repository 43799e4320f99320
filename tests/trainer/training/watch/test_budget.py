"""Looking on takes its share of time and no more, by a clock that the test moves."""

import pytest

from trainer.training.watch.budget import Budget


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def looked(budget: Budget, clock: Clock, steps: int, *, step: float, look: float, pause: int = 0) -> list[int]:
    """The steps after which a look of `look` seconds was taken; every `pause`-th step draws samples for a minute."""
    taken: list[int] = []
    for number in range(1, steps + 1):
        clock.now += step
        budget.step()
        if budget.allows:
            with budget.spending():
                clock.now += look
            taken.append(number)
        if pause and number % pause == 0:
            clock.now += 60.0
    return taken


@pytest.mark.parametrize("look", [0.01, 0.3, 2.0])
@pytest.mark.parametrize("pause", [0, 10])
def test_no_more_than_the_share_is_spent_but_for_the_first_look(look: float, pause: int) -> None:
    clock = Clock()
    steps = 1000
    taken = looked(Budget(0.05, steps, clock), clock, steps, step=0.1, look=look, pause=pause)
    assert (len(taken) - 1) * look <= 0.05 * steps * 0.1
    assert (len(taken) + 1) * look >= min(0.9 * 0.05 * steps * 0.1, 0.9 * steps * look)


def test_a_look_that_no_run_can_pay_for_is_taken_once() -> None:
    clock = Clock()
    assert looked(Budget(0.05, 500, clock), clock, 500, step=0.1, look=30.0) == [1]


def test_what_is_spent_once_is_paid_back_by_the_whole_run() -> None:
    """Two of the five seconds that there are go into the beginning, and looks go on at once, but fewer of them."""
    clock = Clock()
    budget = Budget(0.05, 1000, clock)
    clock.now += 0.1
    budget.step()
    with budget.beginning():
        clock.now += 2.0
    taken = looked(budget, clock, 999, step=0.1, look=0.1)
    assert len(taken) == pytest.approx(30, abs=1)
    assert taken[1] < 70
    assert 2.0 + 0.1 * len(taken) <= 0.05 * 1000 * 0.1 + 0.1
