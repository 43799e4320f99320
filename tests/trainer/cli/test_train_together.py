"""The `train` command in two processes: one of them speaks, and a signal to either stops both."""

import json
import os
import signal
import time
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from tests.conftest import write_tiny_dataset
from tests.together import Launched, Said
from tests.trainer.training.test_train import RECIPE
from trainer.cli.main import main
from trainer.families.base import Base
from trainer.recipe.optim import Schedule
from trainer.training.run.events import Stepped, read_events
from trainer.training.run.folder import RunFolder

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks its processes")


def asked(base: Base, folder: Path, steps: int) -> list[str]:
    """A command whose run of accumulation 1 lies in `folder / "run"`."""
    data = write_tiny_dataset(folder / "pictures").root
    recipe = replace(
        RECIPE,
        schedule=Schedule(steps=steps, batch=2),
        output=replace(RECIPE.output, save_every=steps, held_out_every=steps),
    )
    (folder / "recipe.json").write_text(json.dumps(recipe.to_json()))
    given = ["train", "--base", str(base.path), "--data", str(data), "--recipe", str(folder / "recipe.json")]
    return [*given, "--trigger", "sage", "--held-out", "1", "--out", str(folder / "run")]


def heard(arguments: Sequence[str]) -> Said:
    """The command's exit status and what it says."""
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        status = main(arguments)
    return {"status": status, "out": out.getvalue(), "err": err.getvalue()}


@pytest.mark.slow
def test_only_the_first_process_speaks(tiny_base: Base, tmp_path: Path) -> None:
    """Batch and accumulation are given beside the recipe, whose update two cannot share."""
    command = asked(tiny_base, tmp_path, 1)
    first, other = Launched(lambda: heard([*command, "--name", "a/b"]), tmp_path / "named").said()
    assert (first["status"], first["err"][:21]) == (1, "The run name 'a/b' ca")
    assert other == {"status": 1, "out": "", "err": ""}

    first, other = Launched(lambda: heard(command), tmp_path / "refused").said()
    assert (first["status"], first["out"]) == (1, "")
    assert "Set batch 1 and accumulation 2 in the recipe, the same 2 pictures an update" in first["err"]
    assert other == {"status": 1, "out": "", "err": ""}

    shared = [*command, "--batch", "1", "--accumulation", "2"]
    first, other = Launched(lambda: heard(shared), tmp_path / "made").said()
    figures = json.loads(first["out"])
    assert (first["status"], figures["step"], figures["processes"]) == (0, 1, 2)
    assert other == {"status": 0, "out": "", "err": ""}


def test_a_signal_to_one_process_stops_both_with_everything_saved(tiny_base: Base, tmp_path: Path) -> None:
    command = [*asked(tiny_base, tmp_path, 500), "--batch", "1", "--accumulation", "2"]
    both = Launched(lambda: heard(command), tmp_path / "notes")
    deadline = time.monotonic() + 60
    while not any(isinstance(event, Stepped) for event in read_events(tmp_path / "run" / "events.jsonl")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(both.ids[1], signal.SIGINT)
    first, other = both.said()
    (saved,) = RunFolder(tmp_path / "run").checkpoints()
    assert (first["status"], first["out"]) == (130, "")
    assert f"Stopped at step {saved.step} of 500, saved as {saved.path.name}." in first["err"]
    assert other == {"status": 1, "out": "", "err": ""}
