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
from ..recipe.recipe import Recipe
from ..training.data.prepare import Preparation, prepare
from ..training.job import Job
from ..training.run.events import Prepared
from ..training.run.folder import RunFolder
from ..training.step.train_step import TrainStep
from .table import bucket_table

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


@torch.inference_mode(False)
@torch.enable_grad()
def warm_up(job: Job, cancelled: Callable[[], bool]) -> Generator[Prepared, None, WarmUp]:
    """Train some steps on the largest bucket's first pictures; nothing of it is kept. Errors as `train`."""
    recipe = _short(job.recipe)
    samples = _samples(job, recipe)
    with tempfile.TemporaryDirectory(prefix="likeness_plan_") as scratch:
        yield Prepared(what="loading the base", done=0, total=1)
        _forget_peak(job.device)
        started = time.monotonic()
        family = job.family()
        # As in a run, the text encoders are gone before the denoiser comes: both together may not fit.
        training_set = yield from prepare(_preparation(job, samples, family, Path(scratch), cancelled))
        encoded = time.monotonic()
        weights = _bytes(family.denoiser)
        loaded = time.monotonic()
        draw = _drawing(family, recipe) if job.sampler is None and job.recipe.output.sample_every else None
        Assistant(family, job.base, recipe.flow)
        train_step = TrainStep(family, training_set, recipe)
        step = yield from _timed(train_step, job.device, cancelled)
        trained = sum(weight.numel() for weight in train_step.adapter.parameters(family.spec.parts))
        state = sum(tensor.nbytes for tensor in train_step.tensors().values())
        peak = _peak(job.device)
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
    )


def _preparation(
    job: Job, samples: Sequence[Sample], family: Family, scratch: Path, cancelled: Callable[[], bool]
) -> Preparation:
    dataset = job.dataset.with_samples(tuple(samples))
    has_others = job.recipe.prior.images or job.regularisation is not None
    return Preparation(
        recipe=_short(job.recipe),
        dataset=dataset,
        base=job.base,
        run=RunFolder(scratch),
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


def _short(recipe: Recipe) -> Recipe:
    """The recipe without pictures of its own to draw, its steps few."""
    schedule = replace(recipe.schedule, steps=max(recipe.schedule.steps, _STEPS + 1))
    memory = replace(recipe.memory, cache="memory")
    return replace(recipe, schedule=schedule, memory=memory, prior=replace(recipe.prior, images=0), seeds=1)


def _samples(job: Job, recipe: Recipe) -> tuple[Sample, ...]:
    """As many pictures of the largest bucket as a batch has, the last repeated where it has fewer."""
    largest = max(bucket_table(job.dataset.train, recipe), key=lambda bucket: bucket.size[0] * bucket.size[1])
    batch = recipe.schedule.batch
    samples = [replace(cut.sample, repeats=1) for cut in largest.cuts[:batch]]
    samples[-1] = replace(samples[-1], repeats=batch - len(samples) + 1)
    return tuple(samples)


def _bytes(module: torch.nn.Module) -> int:
    return sum(weight.nbytes for weight in module.parameters())


def _forget_peak(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats(device)


def _peak(device: str) -> int | None:
    return torch.cuda.max_memory_allocated(device) if device.startswith("cuda") else None


def synchronise(device: str) -> None:
    """Wait until a GPU has done what it was given: seconds are read after that."""
    if device.startswith("cuda"):
        cuda: Any = torch.cuda
        cuda.synchronize(device)
