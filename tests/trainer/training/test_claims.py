"""Whose a run's folder is: nobody's before something was saved in it."""

import errno
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.trainer.training.test_train import RECIPE, short
from trainer.dataset.dataset import Dataset
from trainer.errors import Cancelled, ModelError, RunError
from trainer.families.base import Base
from trainer.training.job import Job
from trainer.training.run import folder as run_folder
from trainer.training.run.events import Finished, HeldOut
from trainer.training.run.folder import RunFolder
from trainer.training.train import train


@pytest.fixture
def job(tiny_base: Base, tiny_dataset: Dataset, tmp_path: Path) -> Job:
    return short(Job(recipe=RECIPE, dataset=tiny_dataset, base=tiny_base, run=tmp_path / "run", name="sage"))


def seeded(job: Job, seed: int) -> Job:
    return replace(job, recipe=replace(job.recipe, seed=seed))


def test_a_lora_that_does_not_fit_leaves_the_name_free(job: Job, tmp_path: Path) -> None:
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"\0" * 20)
    with pytest.raises(ModelError, match="not a whole"):
        list(train(replace(job, start=broken)))
    assert isinstance(list(train(seeded(job, 9)))[-1], Finished)
    with pytest.raises(RunError, match="another recipe"):
        list(train(job))


def test_a_killed_run_that_saved_nothing_leaves_the_name_free_and_no_samples(job: Job) -> None:
    RunFolder(job.run).claim(job.name, job.identity)
    left = job.run / "samples" / "step000001_0.png"
    left.parent.mkdir()
    left.write_bytes(b"of another recipe")
    RunFolder(job.run).claim(job.name, seeded(job, 9).identity)
    assert json.loads((job.run / "recipe.json").read_text())["seed"] == 9
    assert not left.exists()


@pytest.mark.parametrize("name", ["base.json", "dataset.json", "inputs.json", "recipe.json"])
def test_somebody_elses_file_in_the_folder_stays(job: Job, name: str) -> None:
    job.run.mkdir()
    (job.run / name).write_text("[1, 2]")
    with pytest.raises(RunError, match=f"{name} is there already"):
        list(train(job))
    assert (job.run / name).read_text() == "[1, 2]"


@pytest.mark.parametrize("place", ["checkpoints", "cache", "samples", "events.jsonl", "seeds/2/state", "lock.owner"])
def test_a_link_in_the_folder_is_not_written_through(job: Job, tmp_path: Path, place: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("theirs")
    (job.run / place).parent.mkdir(parents=True)
    (job.run / place).symlink_to(outside / "kept" if "." in place else outside)
    with pytest.raises(RunError, match="links to another place"):
        list(train(job))
    assert [path.name for path in outside.iterdir()] == ["kept"]
    assert (outside / "kept").read_text() == "theirs"


@pytest.mark.parametrize(("name", "why"), [("CON", "device"), ("nul.x", "device"), ("𝒜" * 64, "bytes")])
def test_a_name_that_no_file_can_have_everywhere_is_refused(job: Job, name: str, why: str) -> None:
    with pytest.raises(RunError, match=why):
        list(train(replace(job, name=name)))


def test_going_on_is_promised_only_after_a_save(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Cancelled, match=r"nothing learned yet\. Start the run again to begin anew"):
        _cancel_before_the_first_step(job)
    run = RunFolder(job.run)
    full = OSError(errno.ENOSPC, "No space left on device", "x")
    with pytest.raises(RunError, match="begins anew"), run.writing():
        raise full
    monkeypatch.setattr(run_folder, "has_state", lambda _: True)
    with pytest.raises(RunError, match="goes on from its last save"), run.writing():
        raise full


def _cancel_before_the_first_step(job: Job) -> None:
    ready: list[HeldOut] = []
    for event in train(job, cancelled=lambda: bool(ready)):
        if isinstance(event, HeldOut):
            ready.append(event)
