"""A few real steps in a folder that is thrown away: what a run costs on this machine."""

import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from ..dataset.sample import Sample
from ..families.family import Family
from ..generate.sampler import Sampler
from ..generate.shot import Shot
from ..lora.assistant import Assistant
from ..recipe.buckets import Size, at_side, sides_of
from ..recipe.recipe import Recipe
from ..training.data.prepare import Preparation, prepare
from ..training.job import Job
from ..training.memory.measured import Peaks, keep_machine, machine_from, process_bytes
from ..training.memory.optimizer import state_bytes
from ..training.memory.planner import Planner, recomputed_blocks
from ..training.run.events import Prepared
from ..training.run.folder import RunFolder
from ..training.step.train_step import TrainStep
from .table import Bucket, bucket_table

_STEPS, _DRAWN_STEPS = 3, 2


@dataclass(frozen=True, kw_only=True)
class WarmUp:
    """Seconds to load the base, to encode one picture, for one update and one sample (None: not drawn here); bytes of
    each part and of the whole at its peak (None where the device does not tell); weights that learn, state in bytes."""

    load: float
    encode: float
    step: float
    draw: float | None
    parts: tuple[tuple[str, int], ...]
    peak: int | None
    weights: int
    state: int
    pixels: int = 1
    """Of each picture, which were of the largest bucket."""


@torch.inference_mode(False)
@torch.enable_grad()
def warm_up(job: Job, cancelled: Callable[[], bool]) -> Generator[Prepared, None, WarmUp]:
    """Train some steps on the largest bucket's first pictures; nothing of it is kept. Errors as `train`."""
    largest = _largest(job)
    side = max(sides_of(largest.cuts[0].place.original, job.recipe.buckets))
    recipe = _short(job.recipe, side)
    samples = _samples(largest, recipe.schedule.batch)
    with tempfile.TemporaryDirectory(prefix="likeness_plan_") as scratch:
        yield Prepared(what="loading the base", done=0, total=1)
        _forget_peak(job.device)
        started = time.monotonic()
        family = job.family()
        # As in a run, the text encoders are gone before the denoiser comes: both together may not fit.
        training_set = yield from prepare(
            _preparation(job, recipe, samples, family, RunFolder(Path(scratch)), cancelled)
        )
        encoded = time.monotonic()
        weights = _bytes(family.denoiser)
        loaded = time.monotonic()
        draw = _drawing(family, recipe) if job.sampler is None and job.recipe.output.sample_every else None
        Assistant(family, job.base, recipe.flow)
        train_step = TrainStep(family, training_set, recipe)
        before = _peak(job.device)
        _forget_peak(job.device)
        step = yield from _timed(train_step, job.device, cancelled)
        _measure_machine(job, recipe, largest.size, beside=bool(training_set.prior))
        trained = sum(weight.numel() for weight in train_step.adapter.parameters(family.spec.parts))
        state = sum(tensor.nbytes for tensor in train_step.tensors().values())
        peak = _highest(before, _peak(job.device))
        train_step.adapter.detach()
    return WarmUp(
        load=loaded - encoded,
        encode=(encoded - started) / len(samples),
        step=step,
        draw=draw,
        parts=_parts(weights, state, trained, peak),
        peak=peak,
        weights=trained,
        state=state,
        pixels=largest.size[0] * largest.size[1],
    )


def _measure_machine(job: Job, recipe: Recipe, size: Size, *, beside: bool) -> None:
    """What the GPU took in these steps besides what is counted, for the plans that come."""
    if not job.device.startswith("cuda"):
        return
    planner = Planner(job.base, size, beside=beside)
    if planner.blank is None:
        return
    step = planner.step(recipe)
    activations = step.timeline.peak(step.recomputes(recomputed_blocks(recipe, step)))
    state = state_bytes(recipe.optim, step.resting["LoRA"] // 4)
    cuda: Any = torch.cuda
    peaks = Peaks(
        allocated=int(cuda.max_memory_allocated(job.device)),
        reserved=int(cuda.max_memory_reserved(job.device)),
        process=process_bytes(job.device),
    )
    machine = machine_from(peaks, sum(step.resting.values()) + activations + state)
    keep_machine(job.device, job.base.family, machine)


def _highest(*peaks: int | None) -> int | None:
    return max((each for each in peaks if each is not None), default=None)


def _preparation(  # noqa: PLR0913
    job: Job,
    recipe: Recipe,
    samples: Sequence[Sample],
    family: Family,
    scratch: RunFolder,
    cancelled: Callable[[], bool],
) -> Preparation:
    dataset = job.dataset.with_samples(tuple(samples))
    has_others = job.recipe.prior.images or job.regularisation is not None
    return Preparation(
        recipe=recipe,
        dataset=dataset,
        base=job.base,
        run=scratch,
        family=family,
        regularisation=dataset if has_others else None,
        prompts=["", "draft"],
        cancelled=cancelled,
    )


def _parts(weights: int, state: int, trained: int, peak: int | None) -> tuple[tuple[str, int], ...]:
    """Bytes by what they are for; gradients are fp32."""
    parts = [("base, frozen", weights), ("LoRA and its moments", state), ("gradients", 4 * trained)]
    if peak is not None:
        parts.append(("activations and working space", max(0, peak - sum(size for _, size in parts))))
    return tuple(parts)


def _timed(train_step: TrainStep, device: str, cancelled: Callable[[], bool]) -> Generator[Prepared, None, float]:
    """Seconds of the quickest update after the first, which also builds what later ones reuse."""
    seconds: list[float] = []
    for number in range(_STEPS + 1):
        if cancelled():
            break
        yield Prepared(what="warming up", done=number, total=_STEPS + 1)
        started = time.monotonic()
        train_step.update(number)
        synchronise(device)
        seconds.append(time.monotonic() - started)
    return min(seconds[1:] or seconds or [0.0])


def _drawing(family: Family, recipe: Recipe) -> float:
    """Seconds a sample takes, from two of its steps and the decoding."""
    side = recipe.buckets.resolution // recipe.buckets.step * recipe.buckets.step
    spec = family.spec
    shot = Shot(prompt="draft", seed=0, width=side, height=side, steps=spec.drawn_steps, guidance=spec.drawn_guidance)
    seconds: list[float] = []
    for steps in (1, 1 + _DRAWN_STEPS):
        started = time.monotonic()
        list(Sampler(family).generate([replace(shot, steps=steps)]))
        seconds.append(time.monotonic() - started)
    each = max(0.0, seconds[1] - seconds[0]) / _DRAWN_STEPS
    return seconds[0] + each * (shot.steps - 1)


def _short(recipe: Recipe, side: int) -> Recipe:
    """The recipe at one resolution, without pictures of its own to draw, its steps few."""
    buckets = at_side(recipe.buckets, side) if recipe.buckets.also else recipe.buckets
    schedule = replace(recipe.schedule, steps=max(recipe.schedule.steps, _STEPS + 1))
    memory = replace(recipe.memory, cache="memory")
    prior = replace(recipe.prior, images=0)
    return replace(recipe, schedule=schedule, memory=memory, prior=prior, buckets=buckets, seeds=1)


def _largest(job: Job) -> Bucket:
    table = bucket_table(job.dataset.train, job.recipe)
    return max(table, key=lambda bucket: bucket.size[0] * bucket.size[1])


def _samples(largest: Bucket, batch: int) -> tuple[Sample, ...]:
    """As many pictures of the largest bucket as a batch has, the last repeated where it has fewer."""
    samples = [replace(cut.sample, repeats=1) for cut in largest.cuts[:batch]]
    samples[-1] = replace(samples[-1], repeats=batch - len(samples) + 1)
    return tuple(samples)


def _bytes(module: torch.nn.Module) -> int:
    return sum(weight.nbytes for weight in module.parameters())


def _forget_peak(device: str) -> None:
    if device.startswith("cuda"):
        # What encoders left reserved is no part of what comes.
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)


def _peak(device: str) -> int | None:
    return torch.cuda.max_memory_allocated(device) if device.startswith("cuda") else None


def synchronise(device: str) -> None:
    """Wait until a GPU has done what it was given: seconds are read after that."""
    if device.startswith("cuda"):
        cuda: Any = torch.cuda
        cuda.synchronize(device)
