"""Processes of one group: what they add up, tell one another, and hear when one of them is gone."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.together import Together
from trainer.errors import RunError
from trainer.runtime.group import ALONE, Group
from trainer.runtime.processes import joined

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks its processes")


def test_a_process_that_no_launcher_started_is_alone() -> None:
    with joined("cuda") as (group, device):
        assert (group, device) == (ALONE, "cuda")


def test_they_come_together_where_accelerate_was_used_before(tmp_path: Path) -> None:
    from accelerate import PartialState

    PartialState(cpu=True)
    try:
        said = Together(lambda group: group.world, tmp_path).said()
    finally:
        PartialState._reset_state()
    assert said == [{"returned": 2}] * 2


def test_all_hear_the_same(tmp_path: Path) -> None:
    def work(group: Group) -> Any:
        flat = torch.full((5,), 1.5 + group.rank)
        group.add_up(flat)
        return [
            flat.tolist(),
            group.any(group.rank == 1),
            group.any(False),
            group.told(b"\x00first" if group.rank == 0 else b"other").decode(),
            group.told().decode(),
            group.gathered("" if group.rank == 0 else "zwölf"),
            group.gathered(),
        ]

    first, other = Together(work, tmp_path).said()
    assert first == other
    assert first["returned"] == [[4.0] * 5, True, False, "\x00first", "", ["", "zwölf"], ["", ""]]


@pytest.mark.parametrize("lost", [0, 1])
def test_those_that_are_left_hear_that_one_is_gone(tmp_path: Path, lost: int) -> None:
    def work(group: Group) -> None:
        group.any(False)
        if group.rank == lost:
            os.kill(os.getpid(), signal.SIGKILL)
        group.add_up(torch.ones(1000))

    said = Together(work, tmp_path).said()
    assert said[lost] == {}
    assert said[1 - lost]["kind"] == "RunError"
    assert "Another process of this run has ended" in said[1 - lost]["error"]


def test_processes_are_refused_where_they_cannot_come_together(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"RANK": "0", "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(RunError, match="not on mps"), joined("mps"):
        pass
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(RunError, match="2 processes were started where there are 1 GPUs"), joined("cuda"):
        pass
