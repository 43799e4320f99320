"""The list of past runs."""

import os
from pathlib import Path

from trainer.training.run.past_runs import entry_line, past_runs
from trainer.training.run.run_names import run_names

from .made_run import make_run, stepped, whole_story


def test_runs_are_listed_the_newest_first_and_what_is_none_is_not(tmp_path: Path) -> None:
    make_run(tmp_path / "old", events=[stepped(1)])
    new = make_run(tmp_path / "new", events=whole_story(tmp_path / "new"))
    os.utime(tmp_path / "old" / "events.jsonl", (1000, 1000))
    (tmp_path / "no run").mkdir()
    first, second = past_runs(tmp_path)
    assert (first.name, first.is_finished, first.likeness, first.checkpoints) == ("new", True, 0.6, 1)
    assert first.bytes == sum(path.stat().st_size for path in new.path.rglob("*") if path.is_file())
    assert (second.name, second.step, second.steps, second.is_finished) == ("old", 1, 4, False)
    assert "old: base, 1 of 4 steps, not finished, 1 checkpoint, " in entry_line(second)
    assert run_names(tmp_path) == ["new", "old"]
    assert run_names(tmp_path / "nowhere") == []


def test_a_damaged_run_is_listed_with_what_is_wrong(tmp_path: Path) -> None:
    make_run(tmp_path / "sage")
    (tmp_path / "sage" / "dataset.json").write_text("{")
    (entry,) = past_runs(tmp_path)
    assert entry.fault and "cannot be read" in entry_line(entry)
