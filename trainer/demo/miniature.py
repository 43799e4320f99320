"""A preset in small: its own settings on a demo base for a few updates, and what they did there in figures."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from math import prod, sqrt
from pathlib import Path
from typing import Any

import torch

from ..dataset.dataset import Dataset
from ..lora.health import check_lora
from ..recipe.presets import Preset
from ..recipe.recipe import Recipe
from ..runtime.work import Ask, follow, never
from ..storage.tensor_header import read_header
from ..training.job import Job
from ..training.run.events import HeldOut, Stepped, read_events
from ..training.run.folder import RunFolder
from ..training.train import train
from .assets import demo_base
from .characters.character import draw_character
from .family import DemoFamily

_SHOWN, _FEWEST_UPDATES = 16, 4
"""Pictures that a miniature shows; every update takes the preset's own number."""
_RATE: dict[DemoFamily, float] = {"sdxl": 30.0, "flow": 10.0}
"""A demo base learns at so many times the rate of a real one."""
_SMALLER, _STEP = 8, 16
_TRAIN, _HELD_OUT = 4, 2


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What a miniature did: `loss` is the mean of its updates, `fall` the part of the loss on held-out pictures at
    fixed noise that it took away, `change` the norm of the weights' change, `numbers` how many its file holds."""

    loss: float
    fall: float
    change: float
    numbers: int

    def to_json(self) -> dict[str, float | int]:
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Sets:
    """Four pictures of the character with two held out, and four of somebody else."""

    character: Dataset
    others: Dataset

    @classmethod
    def drawn(cls, folder: Path) -> "Sets":
        whole = draw_character(folder / "character", 0, train=_TRAIN)
        somebody = draw_character(folder / "others", 1, train=_TRAIN)
        named = f"{somebody.trigger}, "
        told = tuple(replace(each, caption=each.caption.replace(named, "")) for each in somebody.train)
        return cls(
            character=whole.with_samples((*whole.train, *whole.held_out[:_HELD_OUT])),
            others=somebody.with_samples(told),
        )


def family_of(preset: Preset) -> DemoFamily:
    """The demo base that predicts as the preset's bases do."""
    return "sdxl" if preset.family.startswith("sd") else "flow"


def miniature(preset: Preset) -> Recipe:
    """The preset's recipe at an eighth of its sizes and the demo's rate, for a few updates; all else is its own.

    Pictures that the base would draw of others are left to `Sets.others`: to draw them takes longer than all the rest.
    """
    data: dict[str, Any] = preset.recipe.to_json()
    schedule, buckets, optim = data["schedule"], data["buckets"], data["optim"]
    steps = max(_FEWEST_UPDATES, _SHOWN // (schedule["batch"] * schedule["accumulation"]))
    schedule |= {"steps": steps, "epochs": 0, "warmup": 0}
    if optim["optimizer"] != "prodigy":
        rate = _RATE[family_of(preset)]
        optim["lr"] *= rate
        data["text"]["encoder_lr"] *= rate
    buckets |= {side: _small(buckets[side]) for side in ("resolution", "shortest", "longest")}
    buckets |= {"step": _STEP, "also": [_small(side) for side in buckets["also"]]}
    data["prior"]["images"] = 0
    data["output"] |= {"save_every": steps, "sample_every": 0, "held_out_every": steps, "watch": False}
    return Recipe.from_json(data)


def as_quick_here(recipe: Recipe) -> Recipe:
    """In fp32 where the processor has no bf16 of its own: it works one out at a sixtieth of the speed, to the same
    figures within what is allowed."""
    if recipe.memory.precision != "bf16" or has_bf16():
        return recipe
    return replace(recipe, memory=replace(recipe.memory, precision="fp32"))


def has_bf16() -> bool:
    """Whether this processor multiplies in bf16 at the speed of fp32 or better."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def figures_of(preset: Preset, sets: Sets, run: Path, *, cancelled: Ask = never) -> Figures:
    """Train the preset's miniature in the folder `run`."""
    job = Job(
        recipe=as_quick_here(miniature(preset)),
        dataset=sets.character,
        base=demo_base(family=family_of(preset)),
        run=run,
        name="miniature",
        regularisation=sets.others if preset.recipe.prior.images else None,
    )
    follow(train(job, cancelled=cancelled))
    folder = RunFolder(run)
    events, path = read_events(folder.log), folder.checkpoints()[-1].path
    fixed = [event.held_out for event in events if isinstance(event, HeldOut)]
    return Figures(
        loss=_rounded(_mean([event.loss for event in events if isinstance(event, Stepped)])),
        fall=_rounded(1 - fixed[-1] / fixed[0]),
        change=_rounded(sqrt(sum(block.norm**2 for block in check_lora(path).blocks))),
        numbers=_numbers(path),
    )


def _small(side: int) -> int:
    return max(_STEP, side // _SMALLER // _STEP * _STEP)


def _numbers(path: Path) -> int:
    return sum(prod(shape) for shape in read_header(path).shapes.values())


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return sum(known) / len(known)


def _rounded(value: float) -> float:
    """To five figures: more are another processor's business."""
    return float(f"{value:.5g}")
