"""The `method` command: train or zero-shot, for a folder."""

import json
from pathlib import Path

import pytest

from trainer.cli.main import main
from trainer.demo.characters.character import draw_character


@pytest.fixture(scope="module")
def twelve(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sage")
    draw_character(folder, 0, train=9)
    return next(path.parent for path in folder.rglob("*.png"))


def test_a_folder_is_looked_over_and_the_verdict_comes_with_its_reasons(
    twelve: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["method", str(twelve), "--faces", "demo", "--goal", "features", "--card", "24"]) == 0
    printed = capsys.readouterr().out.splitlines()
    said = json.loads(printed[-1])
    assert (said["verdict"], said["goal"]) == ("both", "scars, clothes or other features")
    assert said["pictures"] == said["faces"] >= 9
    kinds = {reason["kind"] for reason in said["reasons"]}
    assert {"features", "drawn"} <= kinds and "LikenessBalance" in said["next"]
    assert printed[0].startswith("Both: the LoRA as base") and any("For training: " in line for line in printed)


def test_photographs_are_taken_for_what_they_are_said_to_be(twelve: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["method", str(twelve), "--faces", "none", "--photographs", "--goal", "picture"]) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert said["verdict"] == "zero-shot" and said["faces"] is None
    assert "drawn" not in {reason["kind"] for reason in said["reasons"]}
