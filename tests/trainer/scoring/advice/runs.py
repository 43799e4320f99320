"""Constructed runs: reports with given numbers, and the pictures and recipe they are said to come from."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trainer.dataset.coverage.axis import Axis
from trainer.dataset.coverage.coverage import Coverage
from trainer.dataset.dataset import Dataset
from trainer.dataset.sample import Sample
from trainer.recipe.recipe import Recipe
from trainer.scoring.gates import flagged
from trainer.scoring.intervals import Interval, interval
from trainer.scoring.measures.memorisation import Memorisation
from trainer.scoring.plan.compare_plan import ComparePlan, Probe
from trainer.scoring.reading.observation import PictureScore
from trainer.scoring.report.report import Report
from trainer.scoring.scores import Scores

TRIGGER = "sage_character"
BASE, REAL = 0.0, 0.8
PICTURES = 24
_SLOTS = ("clothing", "background", "style")


def sure(value: float) -> Interval:
    """A measurement of many pictures."""
    return Interval(value, value - 0.02, value + 0.02, PICTURES)


def column(step: int | None, way: float, slots: Mapping[str, float] = {}, **other: Any) -> Scores:
    """A column so far on the way from control to real pictures, which follows that part of each slot's prompts.

    `other` are measures by name, and rise and fall of losses.
    """
    rows = [_picture(number, way * REAL, slots) for number in range(PICTURES)]
    rise, fall = other.pop("rise", None), other.pop("fall", 1.0)
    measures = {name: sure(value) for name, value in other.items()}
    identity = interval(row.identity for row in rows if row.identity is not None)
    learned = None if rise is None else Memorisation(held_out=0.08 * rise, train=0.08 * fall, rise=rise, fall=fall)
    return Scores(
        label="No LoRA" if step is None else f"Step {step}",
        step=step,
        lora=None if step is None else f"sage_step{step:06d}.safetensors",
        measures={"identity": identity, "variety": sure(0.95), **measures},
        likeness=way,
        slots={name: slots.get(name, 1.0) for name in _SLOTS},
        memorisation=learned,
        pictures=tuple(rows),
    )


def _picture(number: int, identity: float, slots: Mapping[str, float]) -> PictureScore:
    followed = {name: number < PICTURES * slots.get(name, 1.0) for name in _SLOTS}
    # A wobble that is the same in every column: pictures differ, and pairs of them do not.
    wobble = 0.02 * (number % 5 - 2)
    return PictureScore(
        path="", kind="prompt", probe=number, seed=0, identity=identity + wobble, followed=followed, faces=1,
    )  # fmt: skip


CONTROL = column(None, 0.0, pose=0.9, expression=0.9)


def report(columns: Sequence[Scores], chosen: int | None = None, trigger: str = TRIGGER) -> Report:
    """The report on those columns by the gates as they are; `chosen` is a step, the last that passes without one."""
    judged = [flagged(each, CONTROL, REAL) for each in columns]
    passing = [each.step for each in judged if not each.flags]
    step = chosen if chosen is not None else (passing[-1] if passing else None)
    return Report(
        trigger=trigger,
        plan=ComparePlan(probes=(Probe(kind="trigger", prompt=trigger),)),
        control=CONTROL,
        checkpoints=tuple(judged),
        reference=REAL,
        chosen=None if step is None else f"Step {step}",
        tied=(),
        reason="",
        advice=(),
        notes=(),
        readers={"faces": "reader"},
        key="",
    )


GOOD = (column(100, 0.85, rise=1.0), column(200, 0.93, rise=1.02, fall=0.9), column(300, 0.94, rise=1.05, fall=0.8))
"""Rises, then stays; loss on held-out pictures ends a little above its lowest, as it does."""


def dataset(count: int = 20, captions: str = "{trigger}, person, red shirt, in a forest, plain light {n}") -> Dataset:
    samples = tuple(
        Sample(
            path=Path(f"{n}.png"),
            sha256=f"{n:064d}",
            width=64,
            height=64,
            caption=captions.format(trigger=TRIGGER, n=n),
        )
        for n in range(count)
    )
    return Dataset(samples=samples, trigger=TRIGGER, subject="person", root=Path())


def recipe(steps: int = 300, **parts: Mapping[str, Any]) -> Recipe:
    """One of 300 steps of four pictures: 60 passes over 20."""
    data = Recipe().to_json()
    schedule = {"steps": steps, "batch": 4, "warmup": 10}
    output = {"save_every": steps // 3, "sample_every": steps // 3}
    for name, values in {"schedule": schedule, "output": output, **parts}.items():
        data[name] |= values
    return Recipe.from_json(data)


def coverage(**axes: Mapping[str, int]) -> Coverage:
    """So many pictures a bucket; by default a set with eight backgrounds."""
    wanted = {"background": {f"place {n}": 3 for n in range(7)}, **axes}
    held = {
        name: Axis(name=name, by="", buckets={b: tuple(f"{b}{n}" for n in range(c)) for b, c in buckets.items()})
        for name, buckets in wanted.items()
    }
    return Coverage(axes=held)
