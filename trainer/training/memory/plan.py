"""What a run needs of a GPU, phase by phase and part by part."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ...recipe.buckets import Size
from ...recipe.recipe import Recipe
from .machine import Machine
from .timeline import Timeline

PARTS = (
    *("weights", "text encoders", "autoencoder", "LoRA", "gradients", "optimizer", "activations"),
    *("work space", "context"),
)
"""In the order in which they are told."""


@dataclass(frozen=True, kw_only=True)
class Phase:
    """Bytes by part, at the moment of the phase when most are taken; it can do with `spared` fewer where memory is
    short, and does."""

    name: str
    parts: Mapping[str, int]
    spared: int = 0

    @property
    def total(self) -> int:
        return sum(self.parts.values())

    @property
    def least(self) -> int:
        return self.total - self.spared


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a step takes, whichever of its blocks recompute; `resting` is there all the time, by part."""

    blocks: tuple[str, ...]
    between: tuple[str, ...]
    timeline: Timeline
    resting: Mapping[str, int]
    machine: Machine

    def recomputes(self, count: int) -> Callable[[str], bool]:
        """Whether the block of a name does, where the first `count` do; of what lies between blocks the same share."""
        if count >= len(self.blocks):
            return lambda name: True
        beside = -(-len(self.between) * count // len(self.blocks))
        chosen = {*self.blocks[:count], *self.between[:beside]}
        return chosen.__contains__

    def parts(self, recomputed: int, *, is_offloaded: bool = False) -> dict[str, int]:
        """With the first so many blocks recomputing their activations."""
        asks = self.recomputes(recomputed)
        activations = self.timeline.peak(asks, is_offloaded=is_offloaded)
        return self.machine.with_own({**self.resting, "activations": activations})

    def total(self, recomputed: int, *, is_offloaded: bool = False) -> int:
        return sum(self.parts(recomputed, is_offloaded=is_offloaded).values())


@dataclass(frozen=True, kw_only=True)
class MemoryPlan:
    """Of one recipe and largest bucket. `step` tells the same of other choices of blocks."""

    recipe: Recipe
    size: Size
    phases: tuple[Phase, ...]
    step: Step

    @property
    def highest(self) -> Phase:
        """The phase that needs most, be memory as short as it may."""
        return max(self.phases, key=lambda phase: phase.least)

    @property
    def needed(self) -> int:
        """Bytes that the run cannot do without."""
        return self.highest.least

    @property
    def peak(self) -> int:
        """Most bytes that it takes where there are as many as it likes."""
        return max(phase.total for phase in self.phases)

    def peak_within(self, free: int) -> int:
        """Most bytes that it will take of `free` ones."""
        return max(phase.total if phase.total <= free else phase.least for phase in self.phases)

    @property
    def training(self) -> int:
        """Bytes of a step from the second on."""
        return self.phase("training").total

    def fewest(self, free: int) -> int:
        """`blocks_that_fit` for all steps, the optimizer's state being there from the first one on."""
        return blocks_that_fit(self, free - self.phase("training").parts["optimizer"])

    def phase(self, name: str) -> Phase:
        return next(phase for phase in self.phases if phase.name == name)


def blocks_that_fit(plan: MemoryPlan, free: int) -> int:
    """How many of a denoiser's blocks have to recompute their activations for a step to need at most `free` bytes in
    all: 0 where none has to, all of them where even that is too much.

    `free` is what a run may have in all: what the device has free, and what this process has taken of it already.
    """
    step, offloads = plan.step, plan.recipe.memory.offload_activations
    low, high = 0, len(step.blocks)
    while low < high:
        middle = (low + high) // 2
        if step.total(middle, is_offloaded=offloads) <= free:
            high = middle
        else:
            low = middle + 1
    return low
