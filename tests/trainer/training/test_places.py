"""What a run's files tell of the machine they were made on: the way from the run, and nothing of whose it is."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from trainer.dataset.dataset import Dataset, LeftOut
from trainer.families.base import Base
from trainer.recipe.presets import PRESETS
from trainer.training.run.events import Finished, Sampled, Saved, read_events
from trainer.training.run.folder import RunFolder, read_run
from trainer.training.run.identity import RunIdentity
from trainer.training.run.places import found, told

from ..dataset.pictures import make_set

RECIPE = next(iter(PRESETS.values())).recipe


@pytest.fixture
def comfy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's ComfyUI."""
    monkeypatch.setenv("HOME", (tmp_path / "home" / "jane").as_posix())
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home" / "jane"))
    folder = tmp_path / "home" / "jane" / "ComfyUI"
    folder.mkdir(parents=True)
    return folder


def identity(pictures: Path, base: Path) -> RunIdentity:
    dataset = make_set(pictures, 3)
    left = (LeftOut(name="x.png", why=f"{pictures / 'x.png'} is damaged."),)
    kept = Base(family="sdxl", name="base", sha256="0" * 64, files={"checkpoint": base})
    return RunIdentity(recipe=RECIPE, dataset=replace(dataset, left_out=left), base=kept)


def claimed(comfy: Path, pictures: Path, base: Path) -> RunFolder:
    run = RunFolder(comfy / "output" / "likeness" / "jane")
    run.path.mkdir(parents=True)
    run.claim("jane", identity(pictures, base))
    run.checkpoint("jane", 4).parent.mkdir()
    run.checkpoint("jane", 4).write_bytes(b"a LoRA")
    run.record(Sampled(step=4, paths=(run.samples / "step000004_0.png",), skipped=f"{base} is gone."))
    run.record(Saved(step=4, path=run.checkpoint("jane", 4), health=""))
    run.record(Finished(checkpoints=(run.checkpoint("jane", 4),), answered=False))
    return run


@pytest.mark.parametrize("pictures", ["home/jane/ComfyUI/input/who", "home/jane/Pictures/who", "elsewhere/who"])
@pytest.mark.parametrize("base", ["home/jane/ComfyUI/models/checkpoints/b.safetensors", "disk/b.safetensors"])
def test_no_file_of_a_run_names_the_home_or_a_whole_path(comfy: Path, tmp_path: Path, pictures: str, base: str) -> None:
    run = claimed(comfy, tmp_path / pictures, tmp_path / base)
    for file in run.path.rglob("*.json*"):
        text = file.read_text()
        assert "/home/jane" not in text and str(tmp_path) not in text, file.name
    dataset, kept = read_run(run.path)
    assert [sample.path for sample in dataset.samples] == [tmp_path / pictures / f"{n}.png" for n in range(3)]
    assert dataset.root == tmp_path / pictures
    assert kept.path == tmp_path / base


def test_a_run_outside_the_home_tells_its_pictures_from_the_home_on(comfy: Path, tmp_path: Path) -> None:
    run, picture = tmp_path / "disk" / "run", comfy.parent / "Pictures" / "1.png"
    assert told(picture, run) == "~/Pictures/1.png"
    assert found("~/Pictures/1.png", run) == picture


def test_events_come_back_as_they_were_and_in_a_folder_that_was_moved_too(comfy: Path, tmp_path: Path) -> None:
    run = claimed(comfy, tmp_path / "who", tmp_path / "b.safetensors")
    sampled, saved, finished = read_events(run.log)
    assert isinstance(sampled, Sampled) and sampled.paths == (run.samples / "step000004_0.png",)
    assert isinstance(saved, Saved) and saved.path == run.checkpoint("jane", 4)
    assert isinstance(finished, Finished) and finished.checkpoints == (run.checkpoint("jane", 4),)
    moved = RunFolder(run.path.rename(tmp_path / "shared"))
    again = read_events(moved.log)[1]
    assert isinstance(again, Saved) and again.path == moved.checkpoint("jane", 4)


def test_a_folder_of_before_with_whole_paths_is_read_and_is_the_same_run(comfy: Path, tmp_path: Path) -> None:
    run = claimed(comfy, tmp_path / "who", tmp_path / "b.safetensors")
    mine = identity(tmp_path / "who", tmp_path / "b.safetensors")
    (run.path / "dataset.json").write_text(json.dumps(mine.dataset.to_json()))
    (run.path / "base.json").write_text(json.dumps(mine.base.to_json()))
    relative = run.log.read_text()
    whole = relative.replace('"samples/', f'"{run.path}/samples/').replace('"checkpoints/', f'"{run.path}/checkpoints/')
    run.log.write_text(whole)
    assert whole != relative
    assert read_run(run.path) == (mine.dataset, mine.base)
    run.claim("jane", mine)
    saved = read_events(run.log)[1]
    assert isinstance(saved, Saved) and saved.path == run.checkpoint("jane", 4)
    run.rewind_log(4)
    assert run.log.read_text() == "".join(relative.splitlines(keepends=True)[:2])


def test_a_link_to_the_output_folder_does_not_lead_astray(tmp_path: Path) -> None:
    (tmp_path / "disk" / "deep" / "output" / "run").mkdir(parents=True)
    (tmp_path / "comfy").mkdir()
    (tmp_path / "comfy" / "output").symlink_to(tmp_path / "disk" / "deep" / "output")
    run, picture = tmp_path / "comfy" / "output" / "run", tmp_path / "comfy" / "input" / "1.png"
    assert found(told(picture, run), run) == picture
    assert found(told(picture, run), run.resolve()) == picture


def test_datasets_read_from_a_run_have_the_same_fingerprint(comfy: Path, tmp_path: Path) -> None:
    run = claimed(comfy, tmp_path / "who", tmp_path / "b.safetensors")
    dataset: Dataset = read_run(run.path)[0]
    assert dataset.fingerprint() == identity(tmp_path / "who", tmp_path / "b").dataset.fingerprint()
