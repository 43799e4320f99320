"""A plan in words and as figures."""

from collections.abc import Iterator
from typing import Any

from .memory import memory_json, memory_lines
from .plan import Plan


def plan_lines(plan: Plan) -> list[str]:
    """Lines to read, the most important first."""
    return [*_head(plan), *_costs(plan), *_buckets(plan), *(f"! {line}" for line in (*plan.unused, *plan.warnings))]


def plan_json(plan: Plan) -> dict[str, Any]:
    """The figures, ready for JSON."""
    measured = plan.warm_up
    return {
        "updates": plan.budget.updates,
        "updates_at_most": plan.budget.is_most,
        "presentations": plan.budget.presentations,
        "epochs": round(plan.budget.epochs, 2),
        "passes": round(plan.passes.passes, 1),
        "passes_are": plan.passes.judgement,
        "sizes": plan.budget.sizes,
        "buckets": [
            {"size": list(bucket.size), "pictures": len(bucket.cuts), "shown": bucket.shown, "batches": bucket.batches}
            for bucket in plan.buckets
        ],
        "lost": _lost(plan),
        "base": {"name": plan.base.name, "family": plan.base.family, "predicts": plan.base.predicts},
        "regularisation": {
            "pictures": plan.regularisation,
            "disk_mb": round(plan.disk.regularisation / 2**20, 1),
        },
        "disk_mb": round(plan.disk.needed / 2**20),
        "disk_free_mb": round(plan.disk.free / 2**20),
        "seconds": None if plan.total_seconds is None else round(plan.total_seconds),
        "seconds_per_step": None if measured is None else round(measured.step, 4),
        "memory_mb": {} if measured is None else {name: round(size / 2**20, 1) for name, size in measured.parts},
        "peak_mb": None if measured is None or measured.peak is None else round(measured.peak / 2**20),
        "memory": None if plan.memory is None else memory_json(plan.memory),
        "warnings": list(plan.warnings),
        "impossible": list(plan.impossible),
        "unused": list(plan.unused),
    }


def _lost(plan: Plan) -> dict[str, float]:
    """By picture, the most of all its sizes."""
    found: dict[str, float] = {}
    for cut in (cut for bucket in plan.buckets for cut in bucket.cuts):
        name = cut.sample.path.name
        found[name] = max(found.get(name, 0.0), round(cut.lost, 3))
    return found


def _head(plan: Plan) -> Iterator[str]:
    yield from (f"✗ {line}" for line in plan.impossible)
    budget = plan.budget
    yield f"{budget.shown}."
    yield plan.passes.sentence
    yield plan.base.sentence
    if plan.regularisation:
        beside = f"As many pictures of others are shown beside them, from {_count(plan.regularisation, 'picture')}"
        seen = f"each about {budget.presentations / plan.regularisation:.0f} times"
        yield f"{beside} of yours: {seen}, {_size(plan.disk.regularisation)} in the cache."


def _costs(plan: Plan) -> Iterator[str]:
    total = plan.total_seconds
    if total is not None:
        parts = ", ".join(f"{what} {_duration(seconds)}" for what, seconds in plan.seconds)
        most = "at most " if plan.budget.is_most else ""
        yield f"Time: {most}about {_duration(total)} ({parts})."
    yield f"Disk: {_size(plan.disk.needed)} of {_size(plan.disk.free)} free."
    if plan.warm_up is not None:
        parts = ", ".join(f"{name} {_size(size)}" for name, size in plan.warm_up.parts)
        peak = f"{_size(plan.warm_up.peak)} at the peak: " if plan.warm_up.peak is not None else ""
        yield f"Memory: {peak}{parts}."
    if plan.memory is not None:
        yield from memory_lines(plan.memory)


def _buckets(plan: Plan) -> Iterator[str]:
    yield "Buckets:"
    for bucket in plan.buckets:
        lost = max(cut.lost for cut in bucket.cuts)
        wide, high = bucket.size
        fill = f", the last of {bucket.last_batch}" if bucket.last_batch < bucket.batch else ""
        cut_off = f"up to {lost:.0%} cut off" if lost >= 0.005 else "whole"
        pictures, batches = _count(len(bucket.cuts), "picture"), _count(bucket.batches, "batch")
        yield f"  {wide} × {high}: {pictures}, {batches} an epoch{fill}, {cut_off}"


def _count(number: int, what: str) -> str:
    if number == 1:
        return f"1 {what}"
    return f"{number} {what}es" if what.endswith("ch") else f"{number} {what}s"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 1 else f"{seconds:.1f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def _size(size: float) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"
