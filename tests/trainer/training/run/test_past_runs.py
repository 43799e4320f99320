"""The list of past runs."""

import os
from pathlib import Path

from trainer.runtime.lock import locked
from trainer.training.run.events import Finished, Sampled, Stepped
from trainer.training.run.log_end import last_events
from trainer.training.run.past_runs import entry_json, entry_line, past_runs, run_entry
from trainer.training.run.run_names import run_names

from ...dataset.pictures import put
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


def test_a_run_that_somebody_is_at_is_told_as_running(tmp_path: Path) -> None:
    run = make_run(tmp_path / "sage", events=whole_story(tmp_path / "sage"))
    assert entry_json(run_entry(run.path))["state"] == "finished"
    with locked(run.path / "lock"):
        assert entry_json(run_entry(run.path))["state"] == "running"
    assert entry_json(run_entry(run.path))["state"] == "finished"


def test_a_logs_end_tells_the_same_as_the_whole_log(tmp_path: Path) -> None:
    run = make_run(tmp_path / "sage", events=whole_story(tmp_path / "sage"))
    run.record(Sampled(step=5, paths=(), likeness=(None,)))
    with run.log.open("a", encoding="utf-8") as log:
        log.write('{"event": "stepped", "step"')  # torn where its process died
    wanted = {Stepped: lambda _: True, Sampled: lambda event: 0.6 in event.likeness, Finished: lambda _: True}
    found = last_events(run.log, wanted)
    assert found[Stepped] == stepped(4, loss=0.125)
    assert found[Sampled].step == 4 and isinstance(found[Finished], Finished)  # type: ignore[union-attr]
    assert last_events(tmp_path / "nowhere.jsonl", wanted) == {}


def test_the_last_sample_is_of_the_last_sampling(tmp_path: Path) -> None:
    run = make_run(tmp_path / "sage")
    assert run.last_sample() is None
    for name in ("step000000_0.png", "step000010_0.png", "step000010_1.png", "step000009_0.png"):
        put(run.samples / name)
    assert run.last_sample() == run.samples / "step000010_0.png"
