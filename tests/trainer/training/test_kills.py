"""Killed at any moment, a run loses no more than the steps since its last save, and ends as if never stopped."""

import os
from functools import partial
from pathlib import Path

import pytest

from tests.trainer.training.killed import job_of, kill_and_resume
from trainer.dataset.dataset import Dataset
from trainer.families.base import Base


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked process")
@pytest.mark.parametrize(("kills", "steps"), [(2, 6), pytest.param(50, 30, marks=pytest.mark.slow)])
def test_kills_at_random_moments_lose_nothing_that_was_saved(
    tiny_base: Base, tiny_dataset: Dataset, tmp_path: Path, kills: int, steps: int
) -> None:
    killed, faults = kill_and_resume(partial(job_of, tiny_base, tiny_dataset.root), tmp_path, kills, steps)
    assert killed >= kills
    assert faults == []
