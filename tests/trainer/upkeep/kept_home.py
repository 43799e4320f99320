"""A ComfyUI's folders with runs, pictures and comparisons in them."""

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import torch

from tests.trainer.training.run.made_run import make_run, stepped
from trainer.images.store import ImageStore
from trainer.recipe.recipe import Recipe
from trainer.storage.tensor_file import write_tensors
from trainer.training.run.events import Event, Finished, Saved
from trainer.training.run.folder import RunFolder
from trainer.training.run.state import save_state
from trainer.upkeep.places import Places, places_below

OLD = time.time() - 100 * 86400
KEY = "0123456789abcdef" * 2


def home(folder: Path) -> Places:
    for name in ("output/likeness", "input", "models/loras/likeness", "temp"):
        (folder / name).mkdir(parents=True)
    return places_below(folder / "output")


def run_of(places: Places, name: str, *, finished: bool = True, trained: bool = True) -> RunFolder:
    """A run with all parts: checkpoints of steps 1 to 3, state, cache, prior, samples of steps 0 to 3."""
    recipe = replace(Recipe(), schedule=replace(Recipe().schedule, steps=3))
    events: list[Event] = [stepped(step, 3) for step in (1, 2, 3)] if trained else []
    run = make_run(places.runs / name, recipe=recipe, events=events)
    (run.path / "checkpoints" / f"{name}_step000004.safetensors").unlink()
    for number in range(3):
        put(run.cache / f"latents_{KEY[:-1]}{number}.safetensors", b"latents")
    put(run.prior / f"{KEY}.png")
    if not trained:
        return run
    for step in (1, 2, 3):
        path = run.checkpoint(name, step)
        write_tensors(path, {"w": torch.full((4,), float(step))}, {"name": name})
        run.record(Saved(step=step, path=path))
    save_state(run.state, 3, {"w": torch.ones(4)})
    for step in range(4):
        put(run.samples / f"step{step:06d}_0.png")
    if finished:
        run.record(Finished(checkpoints=run.paths(), answered=False))
    return run


def report_of(folder: Path, run: RunFolder, chosen: str | None, shown: str = KEY) -> None:
    """A comparison's folder: a report that shows one picture, and another picture that it does not show."""
    columns = [{"label": f"Step {each.step}", "step": each.step, "lora": each.path.name} for each in run.checkpoints()]
    told = {"chosen": chosen, "tied": [], "checkpoints": columns, "pictures": [{"path": f"pictures/{shown}.png"}]}
    put(folder / "pictures" / f"{shown}.png")
    put(folder / "pictures" / f"{'f' * 32}.png")
    put(folder / "readings" / "faces-0123456789ab.jsonl", b"[]\n")
    put(folder / "report.json", json.dumps(told).encode())


def put(path: Path, data: bytes = b"something") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def aged(folder: Path) -> None:
    """Everything in it, links left alone, as if last read and written a hundred days ago."""
    for path in folder.rglob("*"):
        os.utime(path, (OLD, OLD), follow_symlinks=False)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file by its name but for locks. That it was looked at here is not noted."""
    found: dict[str, bytes] = {}
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.startswith("lock"):
            stat = path.stat()
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    return found


def shelf(places: Places, name: str = "crops") -> ImageStore:
    return ImageStore(places.pictures / name)
