"""Two GPUs that train one adapter; skipped where there is only one."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from trainer.demo.characters.character import draw_character
from trainer.demo.settings import demo_recipe
from trainer.training.run.events import Stepped, read_events

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(torch.cuda.device_count() < 2, reason="fewer than two CUDA devices"),
]


def losses(data: Path, recipe: Path, run: Path, launcher: tuple[str, ...]) -> list[float]:
    asked = ["--device", "cuda", "--data", str(data), "--recipe", str(recipe), "--out", str(run)]
    command = [sys.executable, *launcher, "-m", "trainer", "train", *asked]
    made = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ), timeout=600)
    assert made.returncode == 0, made.stderr
    assert len(made.stdout.splitlines()) == 1
    return [event.loss for event in read_events(run / "events.jsonl") if isinstance(event, Stepped)]


def test_two_gpus_learn_what_one_does(tmp_path: Path) -> None:
    quick = demo_recipe(steps=10)
    recipe = replace(
        quick,
        schedule=replace(quick.schedule, batch=1, accumulation=4, warmup=0),
        prior=replace(quick.prior, images=0),
        memory=replace(quick.memory, precision="fp32", deterministic=True),
        output=replace(quick.output, sample_every=0, save_every=10),
    )
    file = tmp_path / "recipe.json"
    file.write_text(json.dumps(recipe.to_json()))
    data = draw_character(tmp_path / "dataset", train=4).root
    one = losses(data, file, tmp_path / "one", ())
    two = losses(data, file, tmp_path / "two", ("-m", "torch.distributed.run", "--nproc-per-node", "2"))
    assert two == pytest.approx(one, abs=1e-4)
