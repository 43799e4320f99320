"""A run as it will be: the arithmetic at once, the rest after a warm-up."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import prod

from ..dataset.dataset import told
from ..dataset.placed_sample import PlacedSample, place_once, place_samples
from ..dataset.step_budget import StepBudget, budget_of, count_epochs
from ..errors import DatasetError
from ..families.registry import spec_of
from ..lora.start import check_start
from ..runtime.work import never
from ..training.job import Job
from ..training.memory.advice import change_for
from ..training.out_of_memory import explain_out_of_memory
from ..training.run.events import Prepared
from .advice import advice
from .disk import Disk, Encoded, disk_use, samplings
from .memory import MemoryOutlook, memory_outlook, memory_warnings
from .passes import Passes, judged
from .table import Bucket, buckets_of
from .warm_up import WarmUp, warm_up


@dataclass(frozen=True, kw_only=True)
class PlannedBase:
    """What is trained: name, title of its family, what it predicts and whether that was set by hand."""

    name: str
    family: str
    predicts: str
    is_by_hand: bool

    @property
    def sentence(self) -> str:
        by = "as was set by hand" if self.is_by_hand else "by its files"
        return f"{self.name} is of the family {self.family} and predicts {self.predicts}, {by}."


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a run will be. `warm_up` is None, and with it times and memory, where nothing was measured.

    `unused` says what lies in the folder and is not trained on; `memory` is what a GPU needs, None for a base of which
    that is not counted.
    """

    base: PlannedBase
    regularisation: int
    """The user's own pictures of others."""
    budget: StepBudget
    passes: Passes
    buckets: tuple[Bucket, ...]
    disk: Disk
    warnings: tuple[str, ...]
    impossible: tuple[str, ...]
    unused: tuple[str, ...]
    warm_up: WarmUp | None
    seconds: tuple[tuple[str, float], ...]
    memory: MemoryOutlook | None = None

    @property
    def total_seconds(self) -> float | None:
        return sum(seconds for _, seconds in self.seconds) if self.seconds else None


def plan_run(
    job: Job, *, measures: bool = True, cancelled: Callable[[], bool] = never
) -> Generator[Prepared, None, Plan]:
    """The plan of a job. Trains nothing that stays and writes nothing into its run.

    With `measures` it loads the base and makes a few steps on throw-away weights. DatasetError without any training
    picture; otherwise the errors of `train`.
    """
    if not job.dataset.train:
        raise DatasetError("The dataset has no training pictures. Add some, or move some out of the held-out part.")
    family = job.family()
    base = PlannedBase(
        name=job.base.name, family=family.spec.title, predicts=family.predicts, is_by_hand=bool(job.base.predicts)
    )
    if job.start is not None:
        check_start(family, job.recipe, job.start)
    placed = place_samples(job.dataset.train, job.recipe.buckets)
    shown = budget_of(placed, job.recipe)
    job = replace(job, recipe=count_epochs(job.recipe, placed))
    buckets = buckets_of(placed, job.recipe.schedule.batch)
    beside = bool(job.recipe.prior.images) or job.regularisation is not None
    memory = memory_outlook(job, max((bucket.size for bucket in buckets), key=prod), beside=beside)
    small = tuple(memory_warnings(memory, job.device))
    with explain_out_of_memory(job.recipe, job.device, spec_of(job.base), partial(change_for, job)):
        # What does not fit is told, not tried.
        measured = (yield from warm_up(job, cancelled)) if measures and not small else None
    weights, state = (measured.weights, measured.state) if measured else (None, None)
    others = () if job.regularisation is None else job.regularisation.train
    encoded = Encoded(
        own=[*placed, *place_once(job.dataset.held_out, job.recipe.buckets)],
        others=place_once(others, job.recipe.buckets),
    )
    disk = disk_use(job.recipe, encoded, spec_of(job.base), weights, state, job.run)
    return Plan(
        base=base,
        regularisation=len(others),
        budget=shown,
        passes=judged(shown),
        buckets=buckets,
        disk=disk,
        warnings=(*small, *advice(job, shown, buckets, base.predicts)),
        impossible=_impossible(disk),
        unused=(*(f"left out: {line}" for line in told(job.dataset.left_out)), *job.dataset.notes),
        warm_up=measured,
        seconds=_seconds(job, measured, placed) if measured else (),
        memory=memory,
    )


def _seconds(job: Job, measured: WarmUp, placed: Sequence[PlacedSample]) -> tuple[tuple[str, float], ...]:
    """What was measured at the largest size, in proportion where others are shown too."""
    recipe = job.recipe
    share = _mean_pixels(placed) / measured.pixels if recipe.buckets.also else 1.0
    others = recipe.prior.images + (0 if job.regularisation is None else len(job.regularisation.train))
    encoded = share * len(placed) + len(job.dataset.held_out) + others
    draw = measured.draw or 0.0
    parts = [
        ("loading the base", measured.load),
        ("drawing prior pictures", recipe.prior.images * draw),
        ("encoding pictures", encoded * measured.encode),
        ("training", recipe.schedule.steps * measured.step * share),
        ("drawing samples", samplings(recipe) * len(recipe.output.samples) * draw),
    ]
    return tuple((what, seconds * recipe.seeds) for what, seconds in parts if seconds)


def _mean_pixels(placed: Sequence[PlacedSample]) -> float:
    """Of a picture that is shown."""
    pixels = sum(one.repeats * one.placement.bucket[0] * one.placement.bucket[1] for one in placed)
    return pixels / sum(one.repeats for one in placed)


def _impossible(disk: Disk) -> tuple[str, ...]:
    if disk.needed <= disk.free:
        return ()
    need, free = disk.needed / 2**30, disk.free / 2**30
    return (f"The run needs {need:.1f} GiB of disk and {free:.1f} GiB are free. Free some, or set keep_last to 3.",)
