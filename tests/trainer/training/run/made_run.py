"""A run's folder as training leaves it, without any training."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from trainer.dataset.dataset import Dataset
from trainer.families.base import Base
from trainer.recipe.recipe import Recipe
from trainer.training.run.events import (
    Event,
    Finished,
    HeldOut,
    LiveLikeness,
    MemoryScored,
    MemoryUsed,
    PicturesWatched,
    Sampled,
    Saved,
    Settled,
    Stepped,
)
from trainer.training.run.folder import RunFolder
from trainer.training.run.identity import RunIdentity

from ...dataset.pictures import make_set

BASE = "a" * 64
_VERDICTS = ("learning", "stuck", "stranger")


def make_run(
    folder: Path,
    *,
    recipe: Recipe | None = None,
    dataset: Dataset | None = None,
    base: Path | None = None,
    events: Sequence[Event] = (),
) -> RunFolder:
    """A run that was claimed, and has logged the events."""
    run = RunFolder(folder)
    folder.mkdir(parents=True)
    dataset = dataset or make_set(folder.parent / f"pictures of {folder.name}", 3)
    files = {"checkpoint": base or folder.parent / "base.safetensors"}
    kept = Base(family="sdxl", name=next(iter(files.values())).stem, sha256=BASE, files=files)
    run.claim(folder.name, RunIdentity(recipe=recipe or Recipe(), dataset=dataset, base=kept))
    run.checkpoint(folder.name, 4).parent.mkdir()
    run.checkpoint(folder.name, 4).write_bytes(b"a LoRA")
    for event in events:
        run.record(event)
    return run


def stepped(step: int, steps: int = 4, loss: float = 0.25, seconds: float = 0.5) -> Stepped:
    return Stepped(step=step, steps=steps, loss=loss, lr=1e-4, seconds_per_step=seconds, seconds_left=0.0)


def whole_story(run: Path, names: Sequence[str] = ("0.png", "1.png", "2.png")) -> list[Event]:
    """One event of every kind that a run logs."""
    return [
        Settled(step=0, compiled="no: triton is missing", attention="flash", recomputed=12, blocks=57, planned=6 << 30),
        Sampled(step=0, paths=(run / "samples" / "step000000_0.png",), likeness=(0.1,), reader="dlib"),
        *(stepped(step, loss=0.5 / step) for step in range(1, 5)),
        HeldOut(step=4, held_out=0.3, train=0.2),
        MemoryUsed(step=4, peak=5 << 30),
        LiveLikeness(step=4, likeness=0.4, pictures=8, reader="dlib"),
        PicturesWatched(
            step=4, names=tuple(names), learned=(0.3, 0.0, 0.5), verdicts=("learning", "stuck", "stranger")
        ),
        MemoryScored(step=4, score=0.54, low=0.5, high=0.6),
        Sampled(step=4, paths=(run / "samples" / "step000004_0.png",), likeness=(0.6, None), reader="dlib"),
        Saved(step=4, path=run / "checkpoints" / f"{run.name}_step000004.safetensors"),
        Finished(checkpoints=(run / "checkpoints" / f"{run.name}_step000004.safetensors",), answered=False),
    ]


def with_captions(dataset: Dataset, caption: str, repeats: int = 1) -> Dataset:
    """The same pictures with other words, and other repeats for the first."""
    first, *others = (replace(sample, caption=caption) for sample in dataset.samples)
    return dataset.with_samples((replace(first, repeats=repeats), *others))
