"""Trains in children of this process, kills them at random moments, and tells what was found each time."""

import json
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import torch

from tests.trainer.training.test_train import RECIPE
from trainer.dataset.files.folder import read_dataset
from trainer.families.base import Base
from trainer.recipe.optim import Optim, Schedule
from trainer.recipe.output import Output
from trainer.recipe.prior import Prior
from trainer.recipe.recipe import Recipe
from trainer.recipe.text import Text
from trainer.training.job import Job
from trainer.training.run.folder import RunFolder
from trainer.training.run.state import load_state
from trainer.training.train import train

SAVE_EVERY = 3
_LONGEST = 300.0
"""Seconds until a child counts as hung."""


def job_of(base: Base, data: Path, run: Path, steps: int) -> Job:
    recipe = Recipe(
        lora=RECIPE.lora,
        text=Text(dropout=0.1, shuffle=True, encoder_lr=1e-4),
        optim=Optim(lr=1e-3, ema_decay=0.9),
        schedule=Schedule(steps=steps, batch=2, accumulation=2),
        prior=Prior(images=2),
        buckets=RECIPE.buckets,
        memory=RECIPE.memory,
        output=Output(save_every=SAVE_EVERY, sample_every=0, held_out_every=5),
    )
    dataset = read_dataset(data, trigger="sage", held_out=1)
    return Job(recipe=recipe, dataset=dataset, base=base, run=run, name="sage")


def kill_and_resume(job: Callable[[Path, int], Job], out: Path, kills: int, steps: int) -> tuple[int, list[str]]:
    """How many children were killed, and what was wrong after each; `job` makes one of a folder and its steps."""
    rng = random.Random(5)
    # A child finds every library loaded: in the time of the straight run they would make most kills come too late.
    list(train(job(out / "first", 1)))
    whole = out / "straight"
    seconds = _timed(job(whole, steps))
    faults: list[str] = []
    killed, runs = 0, 0
    while killed < kills:
        made = job(out / f"killed{runs}", steps)
        reached = 0
        while not RunFolder(made.run).is_finished(made.name, steps):
            if _killed(made, rng.uniform(0.0, seconds / 2) if killed < kills else _LONGEST):
                killed += 1
            found, saved = _faults(made, reached)
            faults += found
            reached = max(reached, saved)
        if _checkpoints(made.run) != _checkpoints(whole):
            faults.append(f"run {runs} ended otherwise")
        runs += 1
    return killed, faults


def _timed(job: Job) -> float:
    started = time.monotonic()
    list(train(job))
    return time.monotonic() - started


def _killed(job: Job, after: float) -> bool:
    """Train in a child until it ends, or for so many seconds; whether it was killed."""
    child = os.fork()
    if not child:
        try:
            # More threads than one would wait for those of the parent, which a child does not have.
            torch.set_num_threads(1)
            list(train(job))
        finally:
            os._exit(0)
    deadline = time.monotonic() + after
    while time.monotonic() < deadline:
        if os.waitpid(child, os.WNOHANG)[0]:
            return False
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def _faults(job: Job, reached: int) -> tuple[list[str], int]:
    """What a kill must not do: break a file, lose a save, or more than the steps since the last one."""
    faults: list[str] = []
    for path in job.run.rglob("*.safetensors"):
        data = path.read_bytes()
        header = int.from_bytes(data[:8], "little")
        entries = json.loads(data[8 : 8 + header])
        end = max(entry["data_offsets"][1] for name, entry in entries.items() if name != "__metadata__")
        if len(data) != 8 + header + end:
            faults.append(f"{path.name} is cut")
    state = load_state(job.run / "state")
    saved = state[0] if state else 0
    log = (job.run / "events.jsonl").read_text() if (job.run / "events.jsonl").is_file() else ""
    steps = [
        json.loads(line)["step"]
        for line in log.splitlines()
        if line.startswith('{"event": "stepped"') and line[-1] == "}"
    ]
    if saved < reached:
        faults.append(f"step {reached} was saved and only {saved} is left")
    if steps and max(steps) - saved >= SAVE_EVERY + 1:
        faults.append(f"{max(steps)} steps were made and only {saved} saved")
    return faults, saved


def _checkpoints(run: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((run / "checkpoints").glob("*.safetensors"))}
