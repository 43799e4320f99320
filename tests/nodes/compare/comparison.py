"""A comparison of two checkpoints with constructed numbers, as the Compare node hands it on."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from PIL import Image

from tests.trainer.scoring.stage import write_lora

Pack = Callable[[str], Any]
SEEDS = (1, 2, 3, 4, 5, 6)
SLOTS = {"background": "red"}


class NoBase:
    """A base whose files are gone."""

    def __init__(self, pack: Pack) -> None:
        self._fault = pack("trainer.errors").ModelError("The base is gone.")

    @property
    def loaded(self) -> Any:
        raise self._fault


def report_of(pack: Pack, chosen: str | None = "Step 50", **more: Any) -> Any:
    """Step 50 follows every prompt, step 100 is more the character and follows half."""
    columns = [
        _column(pack, "No LoRA", None, identity=0.1, followed=1.0),
        _column(pack, "Step 50", 50, identity=0.6, followed=1.0),
        _column(pack, "Step 100", 100, identity=0.9, followed=0.5),
    ]
    plan_module = pack("trainer.scoring.plan.compare_plan")
    probes = (
        plan_module.Probe(kind="trigger", prompt="sage_character, person", seeds=SEEDS),
        plan_module.Probe(kind="prompt", prompt="sage_character, person, red background", asked=SLOTS, seeds=SEEDS),
    )
    given = {
        "trigger": "sage_character",
        "plan": plan_module.ComparePlan(probes=probes, size=(48, 48)),
        "control": columns[0],
        "checkpoints": tuple(columns[1:]),
        "reference": 0.95,
        "chosen": chosen,
        "tied": (chosen,) if chosen else (),
        "reason": f"{chosen} is best." if chosen else "Nobody was learned.",
        "advice": (),
        "notes": (),
        "readers": {"faces": "fake reader", "attributes": ""},
        "key": "key",
        **more,
    }
    return pack("trainer.scoring.report.report").Report(**given)


def comparison(pack: Pack, home: Path, report: Any = None, name: str = "sage", models: Any = None) -> Any:
    """Of a run with whole LoRA files of steps 50 and 100, and a picture for each column."""
    folder = home / "output" / "likeness" / name
    files = {}
    for step in (50, 100):
        path = folder / "checkpoints" / f"{name}_step{step:06d}.safetensors"
        files[f"Step {step}"] = write_lora(path, prefix=f"{name}_of_step_{step}")
    given = report or report_of(pack)
    (folder / "report" / "pictures").mkdir(parents=True)
    for number, scores in enumerate(given.columns):
        picture = Image.new("RGB", (48, 48), (number * 60, 90, 120))
        picture.save(folder / "report" / "pictures" / f"{scores.pictures[0].path.split('/')[1]}")
    run = run_of(pack, folder)
    return pack("nodes.sockets").Comparison(
        report=given,
        folder=folder / "report",
        files=files,
        models=models or NoBase(pack),
        dataset=run.dataset,
        run=run,
    )


def run_of(pack: Pack, folder: Path) -> Any:
    """A run in a folder, of a base and with a recipe but without pictures."""
    base = pack("trainer.families.base").Base(family="sdxl", name="a base", sha256="b" * 64, files={})
    recipe = pack("trainer.recipe.recipe").Recipe()
    dataset = pack("trainer.dataset.dataset").Dataset(
        samples=(), trigger="sage_character", subject="person", root=folder
    )
    return SimpleNamespace(folder=folder, name=folder.name, models=None, dataset=dataset, recipe=recipe, base=base)


def _column(pack: Pack, label: str, step: int | None, identity: float, followed: float) -> Any:
    picture = pack("trainer.scoring.reading.observation").PictureScore
    pictures = [
        picture(probe=0, kind="trigger", seed=seed, path=f"pictures/{step}_{seed}.png", identity=identity)
        for seed in SEEDS
    ]
    pictures += [
        picture(
            probe=1,
            kind="prompt",
            seed=seed,
            path=f"pictures/{step}_1{seed}.png",
            identity=identity,
            followed={"background": number < followed * len(SEEDS)},
        )
        for number, seed in enumerate(SEEDS)
    ]
    batch = pack("trainer.scoring.reading.observation").Batch(pictures=pictures)
    measures = {name: measure(batch) for name, measure in pack("trainer.scoring.measures.measure").MEASURES.items()}
    return pack("trainer.scoring.scores").Scores(
        label=label,
        step=step,
        lora=None if step is None else f"sage_step{step:06d}.safetensors",
        measures=measures,
        slots={"background": followed},
        pictures=tuple(pictures),
    )
