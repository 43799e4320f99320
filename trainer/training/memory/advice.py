"""What a job could change so that its device's memory suffices."""

from math import prod

from ...dataset.placed_sample import place_samples
from ...errors import LikenessError
from ..job import Job
from .changes import change_that_fits
from .free import device_memory
from .measured import machine_on
from .planner import Planner

_LESS = 0.95
"""Of what a plan needs, where it should have fitted and did not."""


def change_for(job: Job) -> str:
    """The single change that makes it fit, in words; "" where none does, or where nothing can be planned."""
    device = device_memory(job.device)
    placed = place_samples(job.dataset.train, job.recipe.buckets)
    if device is None or not placed:
        return ""
    size = max((one.placement.bucket for one in placed), key=prod)
    beside = bool(job.recipe.prior.images) or job.regularisation is not None
    machine = machine_on(job.device, job.base.family)
    planner = Planner(job.base, size, beside=beside, draws=job.sampler is None, machine=machine)
    try:
        if planner.blank is None:
            return ""
        free = min(device.for_a_run(machine.context), round(planner.plan(job.recipe).needed * _LESS))
        found = change_that_fits(planner, job.recipe, free)
    except LikenessError:
        return ""
    return "" if found is None else found.words
