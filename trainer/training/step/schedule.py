"""The learning rate of every update: a pure function of its number, so that resuming needs nothing else."""

import math
from collections.abc import Callable

from ...recipe.optim import Optim, Schedule

# OneTrainer's constant. The paper (Chen et al. 2021) has 1/2, which falls sooner.
_REX = 0.9


def lr_at(update: int, optim: Optim, schedule: Schedule) -> float:
    """Learning rate of update 0, 1, …: a linear rise over `warmup` updates, then the curve down to its floor.

    The rise leaves out 0, where transformers' starts: an update at rate 0 learns nothing.
    """
    if update < schedule.warmup:
        return optim.lr * (update + 1) / (schedule.warmup + 1)
    if schedule.curve == "constant":
        return optim.lr
    progress = (update - schedule.warmup) / (schedule.steps - schedule.warmup)
    height = _HEIGHTS[schedule.curve](progress, schedule)
    return optim.lr * (schedule.lr_floor + (1 - schedule.lr_floor) * height)


def _cosine(progress: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * progress))


def _rex(progress: float) -> float:
    left = 1 - progress
    return left / ((1 - _REX) + _REX * left)


# Height between floor and lr, 1 to 0, for a progress of 0 up to 1.
_HEIGHTS: dict[str, Callable[[float, Schedule], float]] = {
    "cosine": lambda progress, _: _cosine(progress),
    "linear": lambda progress, _: 1 - progress,
    "polynomial": lambda progress, schedule: (1 - progress) ** schedule.power,
    "cosine_with_restarts": lambda progress, schedule: _cosine(schedule.cycles * progress % 1),
    "rex": lambda progress, _: _rex(progress),
}
