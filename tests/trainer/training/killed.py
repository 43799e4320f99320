"""Trains in a child process, kills it again and again at random moments, and tells what was found each time.

Run as `python -m tests.trainer.training.killed BASE DATA OUT KILLS STEPS`; the last line is JSON.
"""

import json
import os
import random
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch

from tests.trainer.training.test_train import RECIPE
from trainer.dataset.files.folder import read_dataset
from trainer.families.registry import describe_base
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


def job_of(base: Path, data: Path, run: Path, steps: int) -> Job:
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
    return Job(recipe=recipe, dataset=dataset, base=describe_base(base), run=run, name="sage")


def main() -> None:
    base, data, out = map(Path, sys.argv[1:4])
    kills, steps, rng = int(sys.argv[4]), int(sys.argv[5]), random.Random(5)
    # A child of a process that has started threads would wait for them for ever.
    torch.set_num_threads(1)
    _import_everything(job_of(base, data, out / "first", 1))
    whole = out / "straight"
    seconds = _timed(job_of(base, data, whole, steps))
    faults: list[str] = []
    killed, runs = 0, 0
    while killed < kills:
        job = job_of(base, data, out / f"killed{runs}", steps)
        reached = 0
        while not RunFolder(job.run).is_finished(job.name, steps):
            if _killed(job, rng.uniform(0.0, seconds / 2) if killed < kills else 1e9):
                killed += 1
            found, saved = _faults(job, reached)
            faults += found
            reached = max(reached, saved)
        if _checkpoints(job.run) != _checkpoints(whole):
            faults.append(f"run {runs} ended otherwise")
        runs += 1
    sys.stdout.write(json.dumps({"kills": killed, "runs": runs, "faults": faults}) + "\n")


def _import_everything(job: Job) -> None:
    """A child finds every library loaded: in the time of the straight run they would make most kills come too late."""
    list(train(replace(job, recipe=replace(job.recipe, prior=Prior()))))


def _timed(job: Job) -> float:
    started = time.monotonic()
    list(train(job))
    return time.monotonic() - started


def _killed(job: Job, after: float) -> bool:
    """Train in a child until it ends, or for so many seconds; whether it was killed."""
    child = os.fork()
    if not child:
        try:
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


if __name__ == "__main__":
    main()
