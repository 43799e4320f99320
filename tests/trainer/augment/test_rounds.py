"""The rounds of drawing, judging and trying again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trainer.augment.rounds import Attempt, Drawn, Tally, Verdict, draw_rounds, seed_for
from trainer.runtime.work import Pace


@dataclass(frozen=True)
class Named:
    name: str


Tried = Attempt[Named, Verdict]


def attempt(job: Named, fault: str | None = None, seconds: float = 0.0) -> Tried:
    return Attempt(job=job, verdict=Verdict(fault=fault), seconds=seconds)


def test_only_what_failed_is_tried_again_until_the_retries_are_used_up() -> None:
    asked: list[tuple[int, list[str]]] = []
    stays = {"a": 0, "b": 2, "c": 9}

    def draw(jobs: Sequence[Named], number: int) -> Iterator[Tried]:
        asked.append((number, [job.name for job in jobs]))
        return (attempt(job, None if number >= stays[job.name] else "bad") for job in jobs)

    tally = Tally[Tried](3, Pace())
    events = list(draw_rounds([Named(name) for name in stays], 3, draw, tally))
    assert asked == [(0, ["a", "b", "c"]), (1, ["b", "c"]), (2, ["b", "c"]), (3, ["c"])]
    assert list(tally.kept) == ["a", "b"] and list(tally.failed) == ["c"]
    assert len(tally.tried) == len(events) == 8
    assert [event.done for event in events] == [1, 1, 1, 1, 1, 2, 2, 2]


def test_no_round_is_begun_when_nothing_is_left_to_draw() -> None:
    asked: list[int] = []

    def draw(jobs: Sequence[Named], number: int) -> Iterator[Tried]:
        asked.append(number)
        return (attempt(job) for job in jobs)

    assert len(list(draw_rounds([Named("a")], 5, draw, Tally[Tried](1, Pace())))) == 1
    assert asked == [0]


def test_the_time_left_is_that_of_the_jobs_that_are_not_settled() -> None:
    pace = Pace()
    tally = Tally[Tried](4, pace)
    assert tally.judged(attempt(Named("a"))).seconds_left is None, "a remembered picture tells no pace"
    pace.add(2.0)
    event: Drawn[Tried] = tally.judged(attempt(Named("b"), seconds=2.0))
    assert (event.done, event.total, event.seconds_left) == (2, 4, 4.0)
    assert tally.probed(attempt(Named("p"), "bad")).done == 2


def test_a_seed_belongs_to_its_job_and_attempt_whatever_else_is_made() -> None:
    seeds = {seed_for(seed, Named(name), number) for seed in (0, 1) for name in "ab" for number in (0, 1)}
    assert len(seeds) == 8 and all(0 <= seed < 2**32 for seed in seeds)
    assert seed_for(7, Named("angle: left profile|0"), 1) == 1979550688
