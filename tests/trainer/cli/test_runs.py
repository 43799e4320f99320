"""The `runs` command."""

import json
import zipfile
from pathlib import Path

import pytest

from trainer.cli.main import main

from ..training.run.made_run import make_run, stepped, whole_story


def figures(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[dict[str, object], str]:
    assert main(["runs", *arguments]) == 0
    said = capsys.readouterr()
    return json.loads(said.out.splitlines()[-1]), said.err


def test_runs_are_listed_diffed_and_packed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_run(tmp_path / "one", events=whole_story(tmp_path / "one"))
    make_run(tmp_path / "two", events=[stepped(1)])
    listed, said = figures(capsys, "list", str(tmp_path))
    assert len(listed["runs"]) == 2 and "one: base, 4 of 4 steps, finished" in said  # type: ignore[arg-type]
    diff, said = figures(
        capsys, "diff", str(tmp_path / "one"), str(tmp_path / "two"), "--sheet", str(tmp_path / "d.png")
    )
    assert diff["names"] == ["one", "two"] and (tmp_path / "d.png").is_file() and "one → two" in said
    told, said = figures(capsys, "bundle", str(tmp_path / "one"))
    assert "written" not in told and "Nothing was written" in said and "events.jsonl" in said
    out = tmp_path / "help.zip"
    assert figures(capsys, "bundle", str(tmp_path / "one"), "--out", str(out))[0]["written"] == str(out)
    with zipfile.ZipFile(out) as opened:
        # The base is no file here: the plan says so without its place.
        assert "not_planned" in json.loads(opened.read("plan.json"))
        assert str(tmp_path) not in opened.read("plan.json").decode()


def test_what_is_no_folder_and_no_run_is_told_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "list", str(tmp_path / "none")]) == 1
    assert main(["runs", "bundle", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "is no folder" in said and "is not a run folder" in said
