"""The truth about checkpoints, on outcomes made up for the purpose."""

from collections.abc import Mapping

import pytest

from trainer.bench.choose_truth import Seen, Truth, better, looks_of, rank
from trainer.demo.settings import demo_plan
from trainer.scoring.plan.compare_plan import Kind

COUNTS: Mapping[Kind, int] = {"trigger": 8, "prompt": 24, "class": 8, "other": 8}


def column(label: str, likeness: float, asked: float = 1.0, strange: float = 0.0) -> Truth:
    """`asked` of the prompts are drawn as asked; likeness swings a little from picture to picture."""
    seen: list[Seen] = []
    for kind, count in COUNTS.items():
        for n in range(count):
            value = (likeness if kind in ("trigger", "prompt") else strange) + 0.02 * (-1) ** n
            seen.append(Seen(key=(len(seen), n), kind=kind, likeness=value, asked=n < asked * count))
    return Truth(label=label, seen=tuple(seen))


CONTROL = column("No LoRA", 0.0)


def test_the_likest_is_best_where_all_do_as_asked() -> None:
    ranking = rank(CONTROL, [column("a", 0.5), column("b", 0.9), column("c", 0.8)])
    assert ranking.best == "b"
    assert not ranking.agrees("a")


def test_likeness_does_not_pay_for_pictures_that_were_not_asked_for() -> None:
    ranking = rank(CONTROL, [column("obedient", 0.85, asked=1.0), column("stubborn", 0.9, asked=0.5)])
    assert ranking.best == "obedient"
    assert not ranking.agrees("stubborn")


def test_a_character_that_appears_unasked_is_worse() -> None:
    assert better(CONTROL, column("kept", 0.9), column("leaking", 0.9, strange=0.6)).low > 0


def test_what_cannot_be_told_from_the_best_agrees() -> None:
    ranking = rank(CONTROL, [column("a", 0.9), column("b", 0.9)])
    assert ranking.agrees("a")
    assert ranking.agrees("b")


def test_one_that_learned_nothing_has_no_merit() -> None:
    assert rank(CONTROL, [column("nothing", -0.1)]).merits == {"nothing": 0.0}


@pytest.mark.parametrize("kind", ["other", "prompt"])
def test_the_plan_asks_for_the_people_and_looks_that_it_describes(kind: Kind) -> None:
    plan = demo_plan("sage_character")
    for probe, (look, other) in zip(plan.probes, looks_of(plan), strict=True):
        if probe.kind == kind:
            assert look is not None
            told = [*(other.words() if other else ()), *look.slots().values()]
            assert all(text in probe.prompt for text in told)
            assert (other is not None) == (kind == "other")
