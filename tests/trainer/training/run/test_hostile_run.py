"""Runs that somebody else made: what their logs and files hold is looked at, whatever it is."""

import json
from pathlib import Path
from typing import Any

import pytest

from trainer.storage.values import json_value
from trainer.training.run.events import PicturesWatched, Stepped, read_events
from trainer.training.run.scrubber import Scrubber

STEP = {"event": "stepped", "step": 1, "steps": 9, "loss": 0.5, "lr": 1e-4, "seconds_per_step": 0.1, "seconds_left": 2}
WATCHED = {"event": "pictureswatched", "step": 1, "names": ["a"], "learned": [0.5], "verdicts": [""]}


def read(folder: Path, *lines: Any) -> list[Any]:
    """Events of a log of these lines, and of one that is as it should be behind them."""
    log = folder / "events.jsonl"
    log.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in (*lines, STEP)))
    return read_events(log)


@pytest.mark.parametrize(
    "wrong",
    [
        {**STEP, "step": "<b>1</b>"},
        {**STEP, "step": 10**30},
        {**STEP, "step": True},
        {**STEP, "steps": None},
        {**STEP, "loss": float("nan")},
        {**STEP, "loss": 10**400},
        {**STEP, "seconds_left": float("inf")},
        {**STEP, "lr": [0.1]},
        {**STEP, "event": ["stepped"]},
        {**WATCHED, "learned": []},
        {**WATCHED, "names": "a"},
        {**WATCHED, "verdicts": [7]},
        {"event": "saved", "step": 1, "path": 7},
        {"event": "sampled", "step": 1, "paths": [[]]},
        "[" * 100_000,
        "7",
    ],
)
def test_a_line_that_holds_anything_else_is_passed_over(tmp_path: Path, wrong: Any) -> None:
    assert [type(event) for event in read(tmp_path, wrong)] == [Stepped]


def test_what_a_run_logs_itself_is_read(tmp_path: Path) -> None:
    assert [type(event) for event in read(tmp_path, WATCHED)] == [PicturesWatched, Stepped]


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[1", b"\xff"])
def test_json_that_is_none_has_one_kind_of_fault(text: str | bytes) -> None:
    with pytest.raises(ValueError):
        json_value(text)


def test_long_texts_are_scrubbed_in_a_moment() -> None:
    from time import process_time

    begun = process_time()
    for words in ("a.a", "/a", "a@a.", "'/", "token="):
        assert len(Scrubber([], {}).text(words * 100_000)) < 50_000
    assert process_time() - begun < 3
