"""The `motion` command: clips that are there, and clips that a run's LoRA draws with a motion module."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import one_held_out
from tests.moving import ANOTHER, becoming, references, turning
from tests.tiny_motion import write_tiny_motion
from trainer.cli.main import main
from trainer.dataset.dataset import Dataset
from trainer.demo.settings import demo_recipe
from trainer.families.base import Base
from trainer.recipe.buckets import Buckets
from trainer.runtime.work import follow
from trainer.training.job import Job
from trainer.training.train import train


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """references/, turning/ as frames, becoming.gif and other.webp."""
    folder = tmp_path_factory.mktemp("clips")
    for name, pictures in {"references": references(), "turning": turning()}.items():
        (folder / name).mkdir()
        for number, one in enumerate(pictures):
            one.save(folder / name / f"{number}.png")
    animated(folder / "becoming.gif", becoming())
    animated(folder / "other.webp", turning(ANOTHER))
    return folder


def animated(path: Path, pictures: list[Image.Image]) -> None:
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=125)


def asked(capsys: pytest.CaptureFixture[str], *parts: object, code: int = 0) -> tuple[list[str], str]:
    assert main(["motion", *map(str, parts)]) == code
    said = capsys.readouterr()
    return said.out.splitlines(), " ".join(said.err.split())


def test_a_folder_of_frames_is_checked_and_told_in_words_json_and_a_picture(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("--references", home / "references", "--control", home / "other.webp", "--out", tmp_path)
    printed, _ = asked(capsys, home / "turning", *where, "--faces", "demo")
    figures, kept = json.loads(printed[-1]), json.loads((tmp_path / "motion.json").read_text(encoding="utf-8"))
    assert printed[0] == "Holds." and figures["verdicts"] == ["holds"] and figures["frames"] == 16
    assert kept["gain"]["low"] > 0.9 and kept["clip"]["identity"] == figures["identity"]
    with Image.open(tmp_path / "motion.png") as strip:
        assert strip.width > 1000


def test_a_gif_of_someone_who_becomes_another_drifts(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed, _ = asked(capsys, home / "becoming.gif", "--references", home / "references", "--faces", "demo")
    assert json.loads(printed[-1])["verdicts"] == ["drifts"]


def test_a_run_draws_its_clips_with_and_without_the_lora_and_draws_none_twice(
    home: Path, tiny_base: Base, tiny_dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset, quick, run = one_held_out(tiny_dataset), demo_recipe(steps=1), tmp_path / "run"
    sides = Buckets(resolution=64, step=64, shortest=64, longest=128)
    output = replace(quick.output, sample_every=0)
    recipe = replace(quick, prior=replace(quick.prior, images=0), output=output, buckets=sides)
    follow(train(Job(recipe=recipe, dataset=dataset, base=tiny_base, run=run, name="sage")))
    module = write_tiny_motion(tmp_path / "random.safetensors")
    given = ("--run", run, "--motion-module", module, "--frames", 8, "--seeds", 1, "--steps", 2)
    given += ("--references", home / "references", "--faces", "demo")
    printed, said = asked(capsys, *given)
    frames = {path: path.stat().st_mtime_ns for path in (run / "motion" / "clips").rglob("*.png")}
    assert json.loads(printed[-1])["frames"] == 8 and len(frames) == 16 and "sage_step000001" in said
    with Image.open(run / "motion" / "motion.png") as strip:
        assert strip.width > 1000
    again, _ = asked(capsys, *given)
    assert again == printed and all(path.stat().st_mtime_ns == when for path, when in frames.items())


def test_a_clip_that_is_not_there_is_said_to_be_gone(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = asked(capsys, "gone", "--references", home / "references", "--faces", "demo", code=1)[1]
    assert "There is no clip gone" in said


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((), "Give the clip to check and --references"),
        (("clip.gif",), "Give the clip to check and --references"),
        (("clip.gif", "--run", "run"), "not both"),
        (("--run", "run"), "Name the AnimateDiff module"),
        (("--run", "run", "--motion-module", "m", "--frames", "4"), "2 clips of 4 frames are too few"),
        (("--run", "run", "--motion-module", "m", "--seeds", "0"), "--seeds 1 or more"),
        (("--run", "run", "--motion-module", "m", "--control", "c.gif"), "leave --control out"),
    ],
)
def test_what_is_missing_is_said_in_a_sentence(
    capsys: pytest.CaptureFixture[str], parts: tuple[str, ...], said: str
) -> None:
    assert said in asked(capsys, *parts, code=1)[1]
