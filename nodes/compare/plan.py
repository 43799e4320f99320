"""What a comparison draws, from the choices on the node."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...trainer.errors import RecipeError, shortened

if TYPE_CHECKING:
    from ...trainer.dataset.dataset import Dataset
    from ...trainer.families.base import Base
    from ...trainer.families.spec import FamilySpec
    from ...trainer.scoring.plan.compare_plan import ComparePlan, Probe

DEMO_PROMPTS, GUIDE_PROMPTS, QUICK_PROMPTS, OWN_PROMPTS = "Demo", "Character (guide)", "Quick", "from the text below"
PROMPTS = (DEMO_PROMPTS, GUIDE_PROMPTS, QUICK_PROMPTS, OWN_PROMPTS)
_STRONGEST = 2.0


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The node's widgets. `text` is read for prompts of one's own alone; 0 of `seeds`, `size` and `steps`, and a
    negative `cfg`, are what suits the base."""

    prompts: str
    text: str
    seeds: int
    strength: float
    strengths: str
    missing_views: bool
    size: int
    steps: int
    cfg: float


@dataclass(frozen=True, kw_only=True)
class DrawnWith:
    """The base as far as it is known: `base` of a run, the family of a MODEL, the resolution that was trained at."""

    base: Base | None
    spec: FamilySpec | None
    resolution: int | None


def plan_of(asked: Asked, dataset: Dataset, drawn: DrawnWith, usual: ComparePlan | None = None) -> ComparePlan:
    """`usual` where the widgets say nothing else, None for what suits the base. RecipeError names what of one's own
    prompts or strengths cannot be read."""
    usual = usual or _usual(dataset, drawn, asked.prompts)
    size = (asked.size, asked.size) if asked.size else usual.size
    return replace(
        usual,
        probes=tuple(_reseeded(probe, asked.seeds) for probe in _probes(asked, dataset, usual)),
        strength=asked.strength,
        strengths=strengths_of(asked.strengths),
        size=size,
        steps=asked.steps or usual.steps,
        guidance=usual.guidance if asked.cfg < 0 else asked.cfg,
    )


def strengths_of(text: str) -> tuple[float, ...]:
    """Numbers with commas or spaces between; RecipeError for anything else."""
    parts = [part for part in re.split(r"[,;\s]+", text.strip()) if part]
    found = tuple(_number(part) for part in parts)
    if any(not 0 < each <= _STRONGEST for each in found):
        raise RecipeError(f"strengths is {shortened(text)!r}; use numbers above 0 up to 2, like 0.6, 0.8, 1.")
    return found


def _number(part: str) -> float:
    try:
        return float(part)
    except ValueError as fault:
        raise RecipeError(f"strengths has {shortened(part)!r}, no number; write them like 0.6, 0.8, 1.") from fault


def _usual(dataset: Dataset, drawn: DrawnWith, prompts: str) -> ComparePlan:
    """How such a base is drawn, with the prompts that suit it."""
    from ...trainer.demo.assets import demo_family
    from ...trainer.demo.family import FAMILIES
    from ...trainer.demo.settings import demo_plan
    from ...trainer.scoring.plan.compare_plan import default_plan

    demo = demo_family(drawn.base) if drawn.base else None
    if demo or prompts == DEMO_PROMPTS:
        return demo_plan(dataset.trigger, demo or FAMILIES[0])
    plan = default_plan(dataset.trigger, dataset.subject)
    if drawn.spec is None:
        return plan
    shortest, longest = drawn.spec.usual_sides
    side = drawn.resolution or (plan.size[0] if longest >= plan.size[0] else shortest)
    return replace(plan, size=(side, side), steps=drawn.spec.drawn_steps, guidance=drawn.spec.drawn_guidance)


def _probes(asked: Asked, dataset: Dataset, usual: ComparePlan) -> Sequence[Probe]:
    from ...trainer.scoring.plan.compare_plan import default_plan, quick_plan
    from ...trainer.scoring.plan.text import plan_of_text

    trigger, subject = dataset.trigger, dataset.subject
    if asked.prompts == QUICK_PROMPTS:
        return quick_plan(trigger, subject).probes
    guide = default_plan(trigger, subject)
    if asked.prompts == GUIDE_PROMPTS:
        return guide.probes
    if asked.prompts == OWN_PROMPTS and asked.text.strip():
        return plan_of_text(asked.text, guide, trigger, subject).probes
    return usual.probes


def _reseeded(probe: Probe, count: int) -> Probe:
    """With so many seeds from its first on; as it is for 0."""
    return replace(probe, seeds=tuple(range(probe.seeds[0], probe.seeds[0] + count))) if count else probe
