"""What several processes need before their first step, drawn and encoded once as far as one can read it of another."""

from collections.abc import Generator
from dataclasses import replace

from ...runtime.group import Group
from ...runtime.work import never
from ..lead import led
from ..run.events import Prepared
from .prepare import Preparation, drawn_prior, prepare
from .training_set import TrainingSet


def prepare_together(work: Preparation, group: Group) -> Generator[Prepared, None, TrainingSet]:
    """`prepare` in each process of the group. The first does it while the others wait, and they read what it leaves.

    Where the cache lies in memory, the first draws the prior pictures alone, and then all encode at once.
    """
    if group.world == 1:
        return (yield from prepare(work))
    if work.recipe.memory.cache == "memory":
        yield from led(group, lambda asked: drawn_prior(replace(work, cancelled=asked)), work.cancelled)
        return (yield from prepare(work))
    prepared = yield from led(group, lambda asked: prepare(replace(work, cancelled=asked)), work.cancelled)
    if prepared is not None:
        return prepared
    # Reading is quick: one that were stopped in the midst of it would leave the others alone.
    return (yield from prepare(replace(work, cancelled=never)))
