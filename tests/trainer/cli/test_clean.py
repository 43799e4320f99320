"""`clean`: shows by default, removes what is asked for, refuses words it does not know."""

import json
from pathlib import Path

import pytest

from tests.trainer.upkeep.kept_home import home, run_of, tree
from trainer.cli.main import main


def figures(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_it_shows_and_removes_only_what_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = home(tmp_path)
    run = run_of(places, "sage")
    before = tree(tmp_path)
    assert main(["clean", str(places.output), "--sheet", str(tmp_path / "sheet.png")]) == 0
    (tmp_path / "sheet.png").unlink()
    assert tree(tmp_path) == before and figures(capsys)["removed"] == {"files": 0, "bytes": 0}
    assert main(["clean", str(places.runs), "--remove", "states, samples"]) == 0
    told = figures(capsys)
    assert told["removed"]["files"] == 4 and not run.state.exists()  # type: ignore[index]
    assert not [item for item in told["kept"] if item["may_go"] and item["what"] == "states"]  # type: ignore[union-attr]
    assert main(["clean", str(places.runs), "--run", "sage"]) == 0
    assert not run.path.exists() and figures(capsys)["run"]["name"] == "sage"  # type: ignore[index]


@pytest.mark.parametrize("words", [["--remove", "runs"], ["--run", "../sage"], ["--run", "sage/cache"]])
def test_what_it_does_not_know_changes_nothing(tmp_path: Path, words: list[str]) -> None:
    places = home(tmp_path)
    run_of(places, "sage")
    before = tree(tmp_path)
    assert main(["clean", str(places.output), *words]) == 1
    assert tree(tmp_path) == before
