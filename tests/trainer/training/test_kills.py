"""Killed at any moment, a run loses no more than the steps since its last save, and ends as if never stopped."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from trainer.dataset.dataset import Dataset
from trainer.families.base import Base

_ROOT = Path(__file__).parents[3]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked process")
@pytest.mark.parametrize(("kills", "steps"), [(6, 12), pytest.param(50, 30, marks=pytest.mark.slow)])
def test_kills_at_random_moments_lose_nothing_that_was_saved(
    tiny_base: Base, tiny_dataset: Dataset, tmp_path: Path, kills: int, steps: int
) -> None:
    given = [str(tiny_base.path), str(tiny_dataset.root), str(tmp_path), str(kills), str(steps)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.trainer.training.killed", *given],
        cwd=_ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=1800,
    )
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["kills"] >= kills
    assert figures["faults"] == []
