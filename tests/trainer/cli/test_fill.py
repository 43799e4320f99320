"""The `fill` command, from a few pictures to a larger set, its sheet and both charts."""

import json
from pathlib import Path
from typing import Any

import pytest

from trainer.augment.fill.view import parse_views, stock_views
from trainer.cli.main import main
from trainer.dataset.files.folder import read_dataset
from trainer.demo.characters.renders import draw_renders

QUICK = ("--faces", "none", "--gaps", "angry", "--gaps", "forest", "--steps", 2, "--retries", 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return draw_renders(tmp_path / "renders", train=3).root


def _run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[dict[str, Any], str]:
    assert main([str(argument) for argument in ("fill", *arguments)]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    return json.loads(last), "\n".join(lines)


def test_a_few_pictures_become_a_larger_set(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said, told = _run(capsys, folder, "--out", tmp_path / "out", *QUICK)
    assert [gap["kept"] for gap in said["gaps"]][0] == 1 and "look at" in told
    assert Path(said["made"]).is_file() and Path(said["coverage"]).is_file()
    saved = read_dataset(Path(said["dataset"]))
    made = [sample for sample in saved.samples if sample.origin == "filled"]
    assert made and "angry" in made[0].caption and len(saved.held_out) == 8
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "pictures").glob("*.png")}
    _run(capsys, folder, "--out", tmp_path / "out", *QUICK)
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_the_catalogue_can_be_printed_changed_and_read_back(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "views.txt"
    table.write_text("expression: angry | angry", encoding="utf-8")
    said, told = _run(capsys, folder, "--out", tmp_path / "out", "--views", table, "--list-views")
    assert said == {"views": 1} and parse_views(told) == parse_views(table.read_text(encoding="utf-8"))
    assert stock_views() != parse_views(told)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--gaps", "dancing"), "nothing for 'dancing'"),
        (("--views", "none.txt"), "cannot be read"),
        (("--per-gap", 0), "0 pictures a gap"),
        (("--lora", "none.safetensors"), "no LoRA file"),
    ],
)
def test_choices_that_cannot_work_end_in_a_sentence(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: tuple[Any, ...], said: str
) -> None:
    assert main([str(part) for part in ("fill", folder, "--out", tmp_path / "out", *QUICK, *more)]) == 1
    assert said in capsys.readouterr().err
