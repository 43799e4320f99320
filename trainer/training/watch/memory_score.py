"""Tells how far a run learns its pictures by heart, without drawing any."""

from collections.abc import Iterator, Mapping

import numpy as np
from torch import Tensor

from ..run.events import Event, MemoryScored
from ..step.answer import Answer
from .fall_share import fall_share
from .probes import Probes

_FEWEST_HELD_OUT, _FEWEST_TRAIN = 2, 2


class MemoryScore:
    """A Watcher: every `every`-th step and after the last, once every picture was looked at with the adapter. The first
    `train` pictures of the probes are trained on, the others held out; `why_unscored` says whether they are enough.

    Of the fall of log loss near noise, the share that training pictures have. Each picture is held against the base's
    own loss of it, at the same noise, so that hard pictures and easy ones compare. Near noise, because at little noise
    every LoRA knows the strokes of its own pictures: there good runs part them entirely too.
    """

    def __init__(self, probes: Probes, train: int, every: int, steps: int) -> None:
        self._probes, self._train = probes, train
        self._every, self._steps = every, steps

    def look(self, answer: Answer) -> None:
        """Looks at fixed noise alone, through the probes."""

    def tell(self, step: int) -> Iterator[Event]:
        drops = self._probes.drops()
        if (step % self._every and step != self._steps) or np.isnan(drops).any():
            return
        found = fall_share(drops[: self._train].tolist(), drops[self._train :].tolist())
        value, low, high = (round(each, 3) for each in (found.value, found.low, found.high))
        yield MemoryScored(step=step, score=value, low=low, high=high)

    def tensors(self) -> Mapping[str, Tensor]:
        return {}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """The probes keep what it tells from."""


def why_unscored(train: int, held_out: int) -> str:
    """What so many pictures lack for a score, as sentences; "" for nothing."""
    if train < _FEWEST_TRAIN:
        return "Learning by heart is not told of a single picture: add others."
    if held_out < _FEWEST_HELD_OUT:
        return (
            f"Learning by heart is not told: it needs {_FEWEST_HELD_OUT} held-out pictures, and there are {held_out}. "
            "Move some of the character's pictures to a folder `held_out` beside the training ones."
        )
    return ""
