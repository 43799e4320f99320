"""The `score` command: a folder against references."""

import json
import shutil
from pathlib import Path

import pytest

from trainer.cli.main import main
from trainer.demo.characters.character import draw_character


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """references/ and mixed/: four drawings of one character, two more of it and two of another."""
    home = tmp_path_factory.mktemp("people")
    sage, ember = (draw_character(home / str(number), number, train=4) for number in (0, 1))
    for folder, samples in {"references": sage.train, "mixed": (*sage.held_out[:2], *ember.held_out[:2])}.items():
        (home / folder).mkdir()
        for number, sample in enumerate(samples):
            shutil.copy(sample.path, home / folder / f"{number}.png")
    return home


def test_a_folder_is_scored_and_the_figures_are_its_last_line(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["score", people / "mixed", "--references", people / "references", "--faces", "demo", "--out", people]
    assert main([str(part) for part in asked]) == 0
    printed = capsys.readouterr().out.splitlines()
    said, kept = json.loads(printed[-1]), json.loads((people / "scores.json").read_text(encoding="utf-8"))
    assert (said["pictures"], said["accepted"], said["not_measured"]) == (4, 2, 0)
    assert kept["accepted"] == [0, 1] and any(line.startswith("2.png: another person") for line in printed)


def test_a_folder_without_faces_ends_in_a_sentence(
    people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from PIL import Image

    Image.new("RGB", (128, 128), "gray").save(tmp_path / "plain.png")
    assert main(["score", str(people / "mixed"), "--references", str(tmp_path), "--faces", "demo"]) == 1
    assert "finds no face in the 1 references" in capsys.readouterr().err
