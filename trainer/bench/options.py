"""`bench options`: what each way to train does on the demo base, side by side with the same recipe without it."""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..dataset.dataset import Dataset
from ..demo.assets import demo_base
from ..demo.characters.character import draw_character
from ..demo.figures import mean_of, rounded
from ..demo.run import demo_subject, demo_tools
from ..demo.settings import demo_plan, demo_recipe
from ..families.base import Base
from ..recipe.recipe import Recipe
from ..runtime.work import follow, ignore
from ..scoring import candidates_of_run, compare
from ..scoring.scores import Scores
from ..training.job import Job
from ..training.run.events import Stepped
from ..training.run.folder import RunFolder
from ..training.seeds import train_seeds
from . import Sink
from .inputs.backdrop import backdrop_share, draw_before_one_backdrop, draw_others
from .inputs.velocity import velocity_base
from .named import refuse_strangers

STEPS, VELOCITY_STEPS = 200, 1500
_NO_PRIOR = {"prior": {"images": 0}}

# Prodigy begins at a rate of 1e-6 and needs some hundred updates to find its own.
OPTIONS: dict[str, Mapping[str, Mapping[str, Any]]] = {
    "adamw": {},
    "adamw8bit": {"optim": {"optimizer": "adamw8bit"}},
    "lion8bit": {"optim": {"optimizer": "lion8bit", "lr": 1e-3, "beta2": 0.99}},
    "adafactor": {"optim": {"optimizer": "adafactor"}},
    "prodigy": {"optim": {"optimizer": "prodigy", "lr": 1.0}, "schedule": {"warmup": 0, "steps": 3 * STEPS}},
    "schedulefree": {"optim": {"optimizer": "schedulefree"}, "schedule": {"curve": "constant"}},
    "rex": {"schedule": {"curve": "rex"}},
    "debiased": {"loss": {"min_snr_gamma": 0.0, "debiased": True}},
    "huber": {"loss": {"kind": "huber"}},
    "dora": {"lora": {"kind": "dora"}},
    "lokr": {"lora": {"kind": "lokr"}},
    "convolutions": {"lora": {"targets": "attention_mlp_conv", "conv_rank": 8, "conv_alpha": 8.0}},
    "rank by timestep": {"lora": {"rank_by_timestep": True}},
    "text encoders": {"text": {"encoder_lr": 3e-4}},
    "running mean": {"optim": {"ema_decay": 0.98}},
    "shuffled captions": {"text": {"shuffle": True}},
    "no prior": _NO_PRIOR,
    "own pictures of others": _NO_PRIOR,
    "output preservation": {"prior": {"images": 0, "output_weight": 1.0}},
    "penalty": {"prior": {"images": 0, "delta_l2": 3e-3}},
    "velocity": {},
    "one backdrop": {},
    "one backdrop, masked": {"loss": {"masked": True}},
    "one backdrop, masked to nothing": {"loss": {"masked": True, "mask_floor": 0.0}},
    "average of 3 seeds": {},
}


@dataclass(frozen=True, kw_only=True)
class _Set:
    """What an option is trained on."""

    base: Base
    dataset: Dataset
    regularisation: Dataset | None = None


def bench_options(
    out: Path | None = None, only: tuple[str, ...] = (), seed: int = 0, sink: Sink = ignore
) -> dict[str, Any]:
    """Figures of every option (or those named `only`), each trained and judged the same way, under its name.

    A stopped bench with a folder `out` goes on from there.
    """
    refuse_strangers(only, OPTIONS)
    names = only or tuple(OPTIONS)
    with tempfile.TemporaryDirectory() as scratch:
        folder = out or Path(scratch)
        return {"steps": STEPS, "seed": seed, "options": {name: _figures(name, folder, seed, sink) for name in names}}


def recipe_of(name: str, seed: int) -> Recipe:
    """The demo's recipe with the option."""
    data = demo_recipe(steps=STEPS, seed=seed).to_json()
    for part, values in OPTIONS[name].items():
        data[part] |= values
    data["output"] |= {"save_every": data["schedule"]["steps"], "sample_every": 0}
    data["seeds"] = 3 if name == "average of 3 seeds" else 1
    return Recipe.from_json(data)


def _figures(name: str, folder: Path, seed: int, sink: Sink) -> dict[str, Any]:
    given, recipe = _set(name, folder), recipe_of(name, seed)
    run = folder / f"{name.replace(' ', '_').replace(',', '')}_{seed}"
    job = Job(
        recipe=recipe,
        dataset=given.dataset,
        base=given.base,
        run=run,
        name="sage",
        regularisation=given.regularisation,
    )
    started, paces = time.monotonic(), list[float]()
    for event in train_seeds(job):
        sink(event)
        if isinstance(event, Stepped):
            paces.append(event.seconds_per_step)
    seconds = time.monotonic() - started
    checkpoint = RunFolder(run).checkpoints()[-1]
    subject, tools = demo_subject(given.dataset), demo_tools(given.base, run / "report")
    report = follow(compare(demo_plan(subject.trigger), candidates_of_run([checkpoint]), subject, tools))
    return {
        **_scored(report.checkpoints[-1]),
        "backdrop_drawn": backdrop_share(given.base, checkpoint.path, given.dataset.trigger),
        "untriggered_control": mean_of(report.control.untriggered),
        "seconds_per_step": rounded(sorted(paces)[len(paces) // 2]) if paces else None,
        "seconds_training": round(seconds, 1),
        "file_kb": checkpoint.path.stat().st_size // 1024,
    }


def _scored(scores: Scores) -> dict[str, Any]:
    return {
        "identity": mean_of(scores.identity),
        "bare": mean_of(scores.trigger_only),
        "untriggered": mean_of(scores.untriggered),
        "following": mean_of(scores.following),
    }


def _set(name: str, folder: Path) -> _Set:
    plain = draw_character(folder / "dataset", 0)
    if name == "velocity":
        return _Set(base=velocity_base(folder / "velocity", VELOCITY_STEPS), dataset=plain)
    if name.startswith("one backdrop"):
        return _Set(base=demo_base(), dataset=draw_before_one_backdrop(folder / "backdrop", plain))
    if name == "own pictures of others":
        return _Set(base=demo_base(), dataset=plain, regularisation=draw_others(folder / "others", 32))
    return _Set(base=demo_base(), dataset=plain)
