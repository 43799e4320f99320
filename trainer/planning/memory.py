"""What a run needs of a GPU beside what is free, what makes it fit, and what cards need."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..families.registry import load_family, spec_of
from ..families.residence import Residence
from ..recipe.buckets import Size
from ..training.job import Job
from ..training.memory.cards import CARDS, settings_in_words, solved, usable
from ..training.memory.changes import change_that_fits
from ..training.memory.free import DeviceMemory, device_memory
from ..training.memory.measured import machine_on
from ..training.memory.plan import MemoryPlan, Phase
from ..training.memory.planner import Planner

_LARGE = 10**8
"""Numbers of a denoiser below which any card holds it."""


@dataclass(frozen=True, kw_only=True)
class MemoryOutlook:
    """`free` is what the run may have of its device, None where that does not tell; `change` makes it fit where it does
    not, "" where no single one does; `cards` are settings in words by GB."""

    plan: MemoryPlan
    device: DeviceMemory | None
    free: int | None
    change: str
    cards: Mapping[int, str]

    @property
    def fits(self) -> bool | None:
        return None if self.free is None else self.plan.needed <= self.free

    @property
    def peak(self) -> int:
        """Most bytes that it will take."""
        return self.plan.peak if self.free is None else self.plan.peak_within(self.free)


def memory_outlook(job: Job, size: Size, *, beside: bool) -> MemoryOutlook | None:
    """None for a base so small that nothing need be counted."""
    spec = spec_of(job.base)
    outline = load_family(job.base, Residence(device="meta")).outline(f"{spec.denoiser}.")
    if sum(weight.numel() for weight in outline.parameters()) < _LARGE:
        return None
    machine = machine_on(job.device, job.base.family)
    planner = Planner(job.base, size, beside=beside, draws=job.sampler is None, machine=machine)
    if planner.blank is None:
        return None
    plan, device = planner.plan(job.recipe), device_memory(job.device)
    free = None if device is None else device.for_a_run(planner.machine.context)
    change = None if free is None or plan.needed <= free else change_that_fits(planner, job.recipe, free)
    return MemoryOutlook(
        plan=plan,
        device=device,
        free=free,
        change="" if change is None else change.words,
        cards={card: settings_in_words(solved(planner, job.recipe, usable(card))) for card in CARDS},
    )


def memory_json(outlook: MemoryOutlook) -> dict[str, Any]:
    """All sizes in bytes; `change` is "" where nothing need be or no single one will do."""
    return {
        "phases": [
            {"name": phase.name, "parts": dict(phase.parts), "total": phase.total} for phase in outlook.plan.phases
        ],
        "peak": outlook.peak,
        "free": outlook.free,
        "fits": outlook.fits,
        "change": outlook.change,
        "cards": {str(card): words for card, words in outlook.cards.items()},
    }


def memory_lines(outlook: MemoryOutlook) -> Iterator[str]:
    """In words: each phase, then what cards of the usual sizes need."""
    plan = outlook.plan
    yield (
        f"GPU memory: {size_in_words(plan.needed)}, {_in_phase(plan.highest)} "
        f"({_parts(plan.highest)}){_against(outlook)}."
    )
    others = [phase for phase in plan.phases if phase is not plan.highest]
    yield f"In other phases: {', '.join(f'{phase.name} {size_in_words(phase.total)}' for phase in others)}."
    yield f"What cards need: {'; '.join(f'{card} GB: {words}' for card, words in outlook.cards.items())}."


def memory_warnings(outlook: MemoryOutlook | None, device: str) -> Iterator[str]:
    """Where it does not fit."""
    if outlook is None or outlook.fits is not False or outlook.free is None or outlook.device is None:
        return
    advice = f"What makes it fit: {outlook.change}" if outlook.change else _several(outlook)
    needed = f"{size_in_words(outlook.plan.needed)} of GPU memory {_in_phase(outlook.plan.highest)}"
    has = f"{size_in_words(outlook.free)} of {size_in_words(outlook.device.total)} free"
    yield f"The run needs {needed}, and {device} has {has}. {advice}."


def _several(outlook: MemoryOutlook) -> str:
    """No single change will do."""
    fitting = [words for card, words in outlook.cards.items() if usable(card) <= (outlook.free or 0)]
    words = [each for each in fitting if each != "too small"]
    return f"No single change makes it fit; together these do: {words[-1]}" if words else "Choose a smaller base"


def _against(outlook: MemoryOutlook) -> str:
    return "" if outlook.free is None else f"; {size_in_words(outlook.free)} are free"


def _in_phase(phase: Phase) -> str:
    return f"in {phase.name}" if phase.name in ("training", "loading") else f"at {phase.name}"


def _parts(phase: Phase) -> str:
    return ", ".join(f"{name} {size_in_words(size)}" for name, size in phase.parts.items() if size)


def size_in_words(size: float) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"
