"""What a run will need of the device that it is on, with as few recomputed blocks as fit where a recipe wants that."""

from dataclasses import dataclass, replace

from ...recipe.buckets import Size
from ...recipe.recipe import Recipe
from ..job import Job
from .free import device_memory
from .measured import machine_on
from .plan import blocks_that_fit
from .planner import Planner


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """`planned` are bytes at the most, with `recomputed` blocks that make their activations anew."""

    planned: int
    recomputed: int


def outlook(job: Job, size: Size, blocks: int, *, beside: bool) -> Outlook | None:
    """Of a base of so many `blocks` whose largest bucket is `size`; `beside` each picture one of others is shown.

    None where the device does not tell what is free, or the base not what it is told.
    """
    device = device_memory(job.device)
    if device is None:
        return None
    machine = machine_on(job.device, job.base.family)
    planner = Planner(job.base, size, beside=beside, draws=job.sampler is None, machine=machine)
    if planner.blank is None:
        return None
    recipe, memory = job.recipe, job.recipe.memory
    plan = planner.plan(recipe)
    recomputed = (memory.checkpointed_blocks or blocks) if memory.gradient_checkpointing else 0
    if memory.checkpoint_as_needed:
        # The optimizer keeps nothing before its first step, and needs the room from then on.
        later = plan.phase("training").parts["optimizer"]
        recomputed = blocks_that_fit(plan, device.for_a_run(machine.context) - later)
    return Outlook(planned=planner.plan(_with(recipe, recomputed, blocks)).peak, recomputed=recomputed)


def _with(recipe: Recipe, recomputed: int, blocks: int) -> Recipe:
    """The recipe that says so by itself."""
    again = {"checkpoint_as_needed": False, "checkpointed_blocks": recomputed if recomputed < blocks else 0}
    if recomputed == 0:
        again |= {"gradient_checkpointing": False, "offload_activations": False, "keep_attention": False}
    return replace(recipe, memory=replace(recipe.memory, **again))
