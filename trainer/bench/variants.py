"""`bench variants`: renders alone, renders with variants that were filtered, and with variants as they come."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..augment.rounds import Drawing
from ..augment.variants.make import make_variants
from ..augment.variants.plan import VariantPlan
from ..dataset.dataset import Dataset
from ..demo.assets import demo_base, demo_reader
from ..demo.characters.character import character
from ..demo.characters.renders import DEMO_GUIDANCE, DEMO_STYLES, draw_renders
from ..demo.figures import rounded
from ..demo.settings import SIZE, demo_recipe
from ..demo.world.captions import SUBJECT
from ..demo.world.look import EXPRESSIONS
from ..faces.identity import CharacterIdentity
from ..families.base import Base
from ..generate.attachments import Lora
from ..generate.local import LocalGenerator
from ..generate.shot import Shot
from ..generate.with_lora import WithLora
from ..recipe.recipe import Recipe
from ..runtime.work import follow, ignore
from ..scoring.intervals import interval
from ..training.job import Job
from ..training.run.folder import RunFolder
from ..training.train import train
from . import Sink

SETS = ("renders", "filtered", "unfiltered")
STEPS = 600
ALARM = 0.25
"""Share of pictures that may look like renders although their prompt says nothing of style, or names another."""
GUIDANCE = 1.5
"""Of the pictures that are judged: a higher one follows words so closely that it hides what a LoRA took along."""
_ASKED = ("", "flat drawing", "pencil sketch", "watercolor painting")


def bench_variants(out: Path | None = None, seeds: Sequence[int] = (0, 1, 2), sink: Sink = ignore) -> dict[str, Any]:
    """Contamination and identity of a LoRA trained on each set, over all seeds. A stopped bench goes on in `out`."""
    with tempfile.TemporaryDirectory() as scratch:
        folder, base = out or Path(scratch), demo_base()
        renders = draw_renders(folder / "renders")
        first = _trained(base, renders, folder / f"renders_{seeds[0]}", seeds[0], sink)
        sets = {
            "renders": renders,
            "filtered": _varied(renders, folder, base, first, VariantPlan(**_PLAN, check=True)),
            "unfiltered": _varied(renders, folder, base, first, VariantPlan(**_PLAN, check=False)),
        }
        rows = {
            name: [
                _figures(base, sets[name], _trained(base, sets[name], folder / f"{name}_{seed}", seed, sink))
                for seed in seeds
            ]
            for name in SETS
        }
        control = _figures(base, renders, None)
    figures: dict[str, Any] = {"alarm": ALARM, "seeds": list(seeds), "contamination_control": control["contamination"]}
    for name in SETS:
        figures[f"pictures_{name}"] = len(sets[name].train)
        figures |= _over_all(name, rows[name])
    return figures


def _over_all(name: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Figures of one set over its seeds, a row a seed."""
    figures: dict[str, Any] = {}
    for kind in ("contamination", "identity"):
        values = [row[kind] for row in rows]
        figures[f"{kind}_{name}"] = rounded(float(np.mean(values)))
        figures[f"{kind}_{name}_by_seed"] = values
    if (spread := interval([value for row in rows for value in row["identities"]])) is not None:
        figures[f"identity_{name}_interval"] = [rounded(spread.low), rounded(spread.high)]
    figures[f"identity_{name}_over_seeds"] = interval_over_seeds([row["identity"] for row in rows])
    return figures


def interval_over_seeds(values: Sequence[float]) -> list[float] | None:
    """Student's 95 % interval of the mean, a LoRA being one observation: pictures of one LoRA share its luck."""
    if not 2 <= len(values) <= len(_STUDENT) + 1:
        return None
    mean, apart = float(np.mean(values)), float(np.std(values, ddof=1))
    half = _STUDENT[len(values) - 2] * apart / len(values) ** 0.5
    return [round(mean - half, 3), round(mean + half, 3)]


_STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201)
"""97.5 % points for 1 to 11 degrees of freedom."""
_PLAN: dict[str, Any] = {
    "styles": DEMO_STYLES,
    "per_render": 3,
    "resolution": SIZE,
    "guidance": DEMO_GUIDANCE,
    "looks": ", ".join(character(0).words()),
}


def _varied(renders: Dataset, folder: Path, base: Base, lora: Path, plan: VariantPlan) -> Dataset:
    """Drawn by the base with a first LoRA of the renders: it knows the face, and takes other styles by words."""
    reader = demo_reader()
    attached = Lora(path=lora)
    drawing = Drawing(
        generator=WithLora(generator=LocalGenerator(base), lora=attached),
        out=folder / "variants",
        fingerprint=f"{base.sha256} + {attached.content_key}",
    )
    return follow(make_variants(renders, plan, drawing, faces=reader, looks=reader)).dataset


def _figures(base: Base, dataset: Dataset, lora: Path | None) -> dict[str, Any]:
    prompts = [
        ", ".join(part for part in (dataset.trigger, SUBJECT, expression, style) if part)
        for style in _ASKED
        for expression in EXPRESSIONS.values()
    ]
    attached = () if lora is None else (Lora(path=lora),)
    shots = [
        Shot(prompt=prompt, seed=1000 + number, width=SIZE, height=SIZE, guidance=GUIDANCE, attachments=attached)
        for number, prompt in enumerate(prompts * 2)
    ]
    reader = demo_reader()
    pictures = list(LocalGenerator(base).generate(shots))
    styles = [reading.values["style"] for reading in reader.read(pictures)]
    identities = _identities(pictures, dataset)
    return {
        "contamination": rounded(sum(style == "render" for style in styles) / len(styles)),
        "identity": rounded(float(np.mean(identities))) if identities else None,
        "identities": identities,
    }


def _identities(pictures: Sequence[Image.Image], dataset: Dataset) -> list[float]:
    reader = demo_reader()
    held = [faces[0].embedding for s in dataset.held_out if (faces := reader.faces(Image.open(s.path)))]
    who = CharacterIdentity(np.stack(held), reader.metric)
    return [who.likeness(faces[0].embedding) for picture in pictures if (faces := reader.faces(picture))]


def _trained(base: Base, dataset: Dataset, run: Path, seed: int, sink: Sink) -> Path:
    if done := RunFolder(run).checkpoints():
        return done[-1].path
    data = demo_recipe(steps=STEPS, seed=seed).to_json()
    data["output"] |= {"save_every": STEPS, "sample_every": 0}
    job = Job(recipe=Recipe.from_json(data), dataset=dataset, base=base, run=run, name=dataset.trigger)
    follow(train(job), sink)
    return RunFolder(run).checkpoints()[-1].path
