"""The `variants` command, from a folder of renders to a dataset, a sheet and figures."""

import json
from pathlib import Path
from typing import Any

import pytest

from trainer.cli.main import main
from trainer.dataset.files.folder import read_dataset
from trainer.demo.characters.renders import draw_renders

QUICK = ("--faces", "none", "--per-render", 2, "--steps", 2, "--held-out", 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return draw_renders(tmp_path / "renders", train=2).root


def _run(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    assert main([str(argument) for argument in ("variants", *arguments)]) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_folder_of_renders_becomes_a_dataset(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = _run(capsys, folder, "--out", tmp_path / "out", *QUICK)
    assert sum(style["kept"] for style in said["styles"]) == 4
    assert (tmp_path / "out" / "pairs.png").is_file()
    saved = read_dataset(tmp_path / "out" / "dataset")
    variants = [sample for sample in saved.samples if sample.origin == "variant"]
    assert len(variants) == 4 and all(sample.style and sample.seed is not None for sample in variants)
    assert len(saved.held_out) == 8
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "pictures").glob("*.png")}
    _run(capsys, folder, "--out", tmp_path / "out", *QUICK)
    assert {path: path.stat().st_mtime_ns for path in before} == before


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--styles", "none.txt"), "cannot be read"),
        (("--per-render", 9), "at most 8"),
        (("--share", 1), "below 1"),
        (("--resolution", 8), "use 512 or 1024"),
    ],
)
def test_choices_that_cannot_work_end_in_a_sentence(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: tuple[Any, ...], said: str
) -> None:
    assert main([str(part) for part in ("variants", folder, "--out", tmp_path / "out", *QUICK, *more)]) == 1
    assert said in capsys.readouterr().err
