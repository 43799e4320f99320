"""The `train` command under the launchers that there are: one result on stdout, stopped and gone on with."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from trainer.demo.characters.character import draw_character
from trainer.demo.settings import demo_recipe
from trainer.training.run.events import Stepped, read_events
from trainer.training.run.folder import RunFolder

pytestmark = pytest.mark.slow
TORCHRUN = ("-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port")
ACCELERATE = ("-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--main_process_port")


def started(launcher: tuple[str, ...], port: int, arguments: list[str]) -> subprocess.Popen[str]:
    """On the CPU, whatever the launcher was told."""
    command = [sys.executable, *launcher, str(port), "-m", "trainer", "train", *arguments]
    environ = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_run_is_stopped_under_one_launcher_and_goes_on_under_another(tmp_path: Path) -> None:
    quick = demo_recipe(steps=30)
    recipe = replace(
        quick,
        schedule=replace(quick.schedule, batch=1, accumulation=2, warmup=0),
        prior=replace(quick.prior, images=0),
        output=replace(quick.output, sample_every=0, save_every=30),
    )
    (tmp_path / "recipe.json").write_text(json.dumps(recipe.to_json()))
    data, run = draw_character(tmp_path / "dataset", train=2).root, tmp_path / "run"
    asked = ["--data", str(data), "--recipe", str(tmp_path / "recipe.json"), "--out", str(run)]
    first = started(TORCHRUN, 29641, asked)
    while sum(isinstance(event, Stepped) for event in read_events(run / "events.jsonl")) < 3:
        assert first.poll() is None
        time.sleep(0.05)
    first.send_signal(signal.SIGTERM)
    out, err = first.communicate(timeout=120)
    (stopped,) = RunFolder(run).checkpoints()
    assert (out, bool(first.returncode)) == ("", True)
    assert f"Stopped at step {stopped.step} of 30, saved as" in err
    assert err.count("Stopped at step") == 1

    out, err = started(ACCELERATE, 29642, asked).communicate(timeout=300)
    (line,) = out.splitlines()
    assert (json.loads(line)["step"], json.loads(line)["processes"]) == (30, 2)
    assert [each.step for each in read_events(run / "events.jsonl") if isinstance(each, Stepped)] == [*range(1, 31)]
