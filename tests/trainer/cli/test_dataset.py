"""The `dataset` command, from a folder to pictures, files and one line of JSON."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from trainer.cli.main import main
from trainer.demo.characters.found import draw_found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "who" / "2_sage"
    inside.mkdir(parents=True)
    rng = np.random.default_rng(3)
    for number in range(6):
        Image.fromarray(rng.integers(0, 255, (64, 64, 3), np.uint8)).save(inside / f"{number}.png")
        (inside / f"{number}.txt").write_text(f"sage, number {number}\n")
    return tmp_path / "who"


def _run(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    assert main([str(argument) for argument in ("dataset", *arguments)]) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_check_writes_pictures_and_report(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "2_sage" / "broken.png").write_bytes(b"no picture")
    said = _run(capsys, "check", folder, "--out", tmp_path / "out", "--faces", "none", "--resolution", 64)
    assert (said["pictures"], said["left_out"], said["presentations"]) == (6, 1, 12)
    assert sum(said["verdicts"].values()) == 6
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"report.txt", "audit.json", "sheet.png", "coverage.png"}
    assert json.loads((tmp_path / "out" / "audit.json").read_text())["verdict"] == said["verdict"]


@pytest.mark.usefixtures("no_dlib")
def test_auto_without_any_reader_checks_the_files_alone(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = _run(capsys, "check", folder, "--out", tmp_path / "out", "--models", tmp_path, "--resolution", 64)
    assert said["reader"] is None


def test_save_writes_a_layout_and_keeps_hand_edits(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "saved"
    assert _run(capsys, "save", folder, "--out", out, "--layout", "kohya")["pictures"] == 6
    (out / "2_sage" / "003.txt").write_text("by hand\n")
    assert main(["dataset", "save", str(folder), "--out", str(out)]) == 1
    assert "another caption" in capsys.readouterr().err
    assert (out / "2_sage" / "003.txt").read_text() == "by hand\n"


def test_bars_are_shown_for_reading_and_saving(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dataset", "save", str(folder), "--out", str(tmp_path / "saved")]) == 0
    reading, saving = capsys.readouterr().err.splitlines()[-2:]
    assert "reading" in reading and "6/6" in reading
    assert "saving" in saving and "12/12" in saving


def test_a_name_that_looks_like_markup_is_shown_as_it_is(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "2_sage" / "5.png").rename(folder / "2_sage" / "9[red].png")
    (folder / "2_sage" / "0[bold]:smile:.psd").write_bytes(b"8BPS")
    assert main(["dataset", "save", str(folder), "--out", str(tmp_path / "saved")]) == 0
    said = capsys.readouterr().err
    assert "9[red].png" in said and "0[bold]:smile:.psd is a PSD file" in said


def test_mix_solves_the_ratio(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other" / "1_sage"
    other.mkdir(parents=True)
    for number in range(3):
        Image.new("RGB", (64, 64), (number * 60, 20, 20)).save(other / f"{number}.png")
    said = _run(capsys, "mix", folder, other.parent, "--shares", "70/30", "--out", tmp_path / "mixed")
    assert said["shares"] == pytest.approx([0.7, 0.3], abs=0.03)


def test_as_many_shares_as_folders_are_wanted(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["dataset", "mix", str(folder), "--shares", "60/40", "--out", str(tmp_path / "mixed")]
    assert main(arguments) == 1
    assert "1 folders need as many shares" in capsys.readouterr().err


@pytest.fixture(scope="module")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    draw_found(folder := tmp_path_factory.mktemp("found"))
    return folder


def test_crop_frames_faces_and_draws_their_boxes(
    drawings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = _run(capsys, "crop", drawings, "--out", tmp_path, "--size", 128, "--faces", "demo")
    assert (said["pictures"], said["kept_out"]) == (23, 1)
    assert said["face_share"] == pytest.approx(0.6, abs=0.01)
    assert len(list((tmp_path / "dataset" / "1_sage_character").glob("*.png"))) == 23
    assert (tmp_path / "boxes.png").is_file()


def test_pick_takes_as_many_as_asked_and_says_why_not_the_others(
    drawings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--count", 10, "--held-out", 3, "--faces", "demo", "--baselines", "004.png", "006.png")
    said = _run(capsys, "pick", drawings, "--out", tmp_path, *arguments)
    assert (said["presentations"], said["held_out"]) == (10, 3)
    assert len((tmp_path / "left_out.txt").read_text().splitlines()) == 24 - 13


def test_what_is_not_used_is_told_by_check_and_save_one_line_a_kind(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(20):
        (folder / "2_sage" / f"x{number}.psd").write_bytes(b"8BPS")
    (folder / "2_sage" / "7[red].TXT").write_text("sage")
    assert main(["dataset", "save", str(folder), "--out", str(tmp_path / "saved")]) == 0
    said = capsys.readouterr().err
    assert said.count("PSD file, which is not read") == 1 and "7[red].TXT): not read as a caption" in said
    _run(capsys, "check", folder, "--out", tmp_path / "out", "--faces", "none", "--resolution", 64)
    report = (tmp_path / "out" / "report.txt").read_text()
    assert report.count("PSD file, which is not read") == 1 and "7[red].TXT): not read as a caption" in report
