"""What is looked at in which order, and that it is paid for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch

from trainer.recipe.buckets import Buckets, Placement, placement
from trainer.training.watch.fixed_noise import Noise
from trainer.training.watch.probes import Probes

STEPS = 400


@dataclass(frozen=True)
class Picture:
    name: str
    caption: str
    placement: Placement


class FakeNoise:
    """The adapter takes half of every error but the last training picture's, whose caption is wrong."""

    def __init__(self) -> None:
        self.passes: list[tuple[list[str], bool]] = []

    def losses(self, told: Sequence[tuple[Picture, str]], noise: Noise, *, with_adapter: bool) -> list[float]:
        assert len({picture.placement.bucket for picture, _ in told}) == 1
        self.passes.append(([picture.name for picture, _ in told], with_adapter))
        return [self._loss(picture, caption, with_adapter) for picture, caption in told]

    def _loss(self, picture: Picture, caption: str, with_adapter: bool) -> float:
        if picture.name == "3":
            return 1.3 if caption else 1.0
        return (0.5 if with_adapter else 1.0) if caption else 1.1


def probes(noise: FakeNoise, share: float, batch: int = 4) -> Probes:
    square, wide = (
        placement(size, Buckets(resolution=64, step=8, shortest=32, longest=128)) for size in ((64, 64), (96, 64))
    )
    places = [square, square, wide, square]
    train = [Picture(str(n), "" if n == 1 else f"view {n}", place) for n, place in enumerate(places)]
    held_out = [Picture("held out", "view", places[0])]
    fakes: Any = (noise, train, held_out)
    return Probes(fakes[0], fakes[1], fakes[2], STEPS, share=share, each=2.0, batch=batch)


@dataclass(frozen=True)
class Seen:
    examples: range


def went(watched: Probes, first: int, last: int) -> Probes:
    for step in range(first, last):
        watched.look(cast(Any, Seen(range(8))))
        list(watched.tell(step + 1))
    return watched


def test_no_more_pictures_are_looked_at_than_steps_pay_for() -> None:
    for share in (0.002, 0.02, 0.1):
        noise = FakeNoise()
        watched = probes(noise, share)
        for step in range(STEPS):
            went(watched, step, step + 1)
            rows = sum(len(names) for names, _ in noise.passes)
            assert rows == watched.passes <= share * 2 * 8 * (step + 1)
        assert noise.passes


def test_all_is_looked_at_once_before_anything_is_looked_at_again() -> None:
    watched = went(probes(FakeNoise(), 0.02), 0, STEPS)
    assert not np.isnan(watched.drops()).any()
    assert watched.drops()[[0, 4]].tolist() == [np.log(2)] * 2


def test_a_caption_that_does_not_help_is_drawn_for_again_and_one_that_is_missing_never() -> None:
    noise = FakeNoise()
    watched = went(probes(noise, 0.02), 0, 60)
    known = (~np.isnan(watched.caption_gains())).sum(axis=1)
    assert known.tolist() == [1, 3, 1, 3]
    assert "1" not in {name for names, _ in noise.passes if len(set(names)) < len(names) for name in names}
    assert (watched.caption_gains()[3] < 0).all()


def test_the_adapter_is_not_looked_at_before_it_has_learned() -> None:
    noise = FakeNoise()
    watched = went(probes(noise, 1.0), 0, STEPS // 4 - 1)
    assert not any(with_adapter for _, with_adapter in noise.passes)
    went(watched, STEPS // 4 - 1, STEPS // 4)
    assert noise.passes[-1][1]


def test_a_pass_holds_no_more_than_training_does() -> None:
    noise = FakeNoise()
    went(probes(noise, 1.0, batch=2), 0, STEPS)
    assert max(len(names) for names, _ in noise.passes) == 2


def test_what_was_learned_is_looked_at_anew_when_there_is_time() -> None:
    noise = FakeNoise()
    watched = went(probes(noise, 1.0), 0, STEPS)
    assert watched.tables["step"].min() > STEPS - 10


class FullNoise(FakeNoise):
    def losses(self, told: Sequence[tuple[Picture, str]], noise: Noise, *, with_adapter: bool) -> list[float]:
        super().losses(told, noise, with_adapter=with_adapter)
        raise torch.OutOfMemoryError("no room")


def test_where_a_look_does_not_fit_into_memory_it_is_said_once_and_none_follows_after_a_pause_either() -> None:
    noise = FullNoise()
    watched = probes(noise, 1.0)
    watched.look(cast(Any, Seen(range(8))))
    assert [type(event).__name__ for event in watched.tell(1)] == ["Noticed"]
    again = probes(noise, 1.0)
    again.restore(watched.tensors())
    for one in (watched, again):
        went(one, 1, 5)
    assert len(noise.passes) == 1


def test_a_resumed_one_goes_on_as_if_it_had_not_stopped() -> None:
    whole, broken, again = (FakeNoise() for _ in range(3))
    went(probes(whole, 0.02), 0, STEPS)
    first, second = went(probes(broken, 0.02), 0, 130), probes(again, 0.02)
    second.restore(first.tensors())
    went(second, 130, STEPS)
    assert broken.passes + again.passes == whole.passes
