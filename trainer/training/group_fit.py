"""Whether the processes of a group can train one adapter together."""

import json

from ..errors import Echo, LikenessError, RecipeError, RunError
from ..recipe.optim import Schedule
from ..runtime.group import Group
from .job import Job


def check_group(job: Job, group: Group) -> None:
    """RecipeError where an update cannot be shared, RunError where the processes work from different things; Echo in
    all but the first."""
    if group.world == 1:
        return
    fault = _unshared(job.recipe.schedule, group.world) or _different(job, group)
    if fault is not None:
        raise Echo(str(fault)) if group.rank else fault


def _unshared(schedule: Schedule, world: int) -> LikenessError | None:
    """Every process is to have as many micro-batches of an update as the others."""
    batch, accumulation = schedule.batch, schedule.accumulation
    if accumulation % world == 0:
        return None
    pictures, least = batch * accumulation, -(-accumulation // world) * world
    fitting = next((n for n in range(least, pictures + 1, world) if pictures % n == 0), None)
    shared = fitting or least
    size = pictures // shared or 1
    same = f"the same {pictures} pictures" if fitting else f"{size * shared} pictures in place of {pictures}"
    return RecipeError(
        f"{world} processes share the micro-batches of an update, and accumulation {accumulation} cannot be divided by "
        f"{world}. Set batch {size} and accumulation {shared} in the recipe, {same} an update, or start as many "
        "processes as divide it."
    )


def _different(job: Job, group: Group) -> LikenessError | None:
    """All hear what each works from, by content."""
    identity = job.identity
    said = {
        "recipe": identity.recipe.to_json(),
        "dataset": identity.dataset.fingerprint(),
        "base model": [identity.base.sha256, identity.base.predicts],
        "regularisation or LoRA to start from": identity.inputs(),
    }
    first, *others = [json.loads(each) for each in group.gathered(json.dumps(said))]
    for rank, each in enumerate(others, 1):
        names = [name for name in said if each[name] != first[name]]
        if names:
            return RunError(
                f"Process {rank} of this run has another {' and another '.join(names)} than process 0. Give all the "
                "same command and the same files."
            )
    return None
