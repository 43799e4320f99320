"""What one process does for all, and what each does: the others hear how it went."""

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.together import Together
from trainer.errors import ModelError, RunError
from trainer.runtime.group import ALONE, Group
from trainer.runtime.work import never
from trainer.training.lead import lead, led, together

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks its processes")


def counted() -> Generator[int, None, str]:
    yield 1
    yield 2
    return "done"


def test_one_process_alone_does_its_work() -> None:
    assert lead(ALONE, lambda: b"data") == b"data"
    assert list(led(ALONE, lambda _: counted(), never)) == [1, 2]
    assert together(ALONE, lambda: 3) == 3
    with pytest.raises(ModelError):
        together(ALONE, lambda: failing(0, ALONE))


def failing(rank: int, group: Group) -> int:
    if group.rank == rank:
        raise ModelError(f"Process {rank} finds no file.")
    return group.rank


def test_all_hear_of_it(tmp_path: Path) -> None:
    """One group does all that can go well or badly: a failure leaves it whole."""

    def tried(work: Any) -> str:
        try:
            return str(work())
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    def work(group: Group) -> list[str]:
        def broken() -> bytes:
            raise RunError("In use.")

        def breaking(_: Any) -> Generator[int]:
            yield 1
            raise RunError("Full.")

        return [
            tried(lambda: lead(group, lambda: b"data")),
            tried(lambda: lead(group, broken)),
            tried(lambda: list(led(group, lambda _: counted(), never))),
            tried(lambda: list(led(group, breaking, never))),
            tried(lambda: together(group, lambda: group.rank)),
            tried(lambda: together(group, lambda: failing(0, group))),
            tried(lambda: together(group, lambda: failing(1, group))),
        ]

    first, other = (each["returned"] for each in Together(work, tmp_path).said())
    lost = [f"Process {rank} finds no file." for rank in (0, 1)]
    assert first == [
        "b'data'", "RunError: In use.", "[1, 2]", "RunError: Full.", "0", f"ModelError: {lost[0]}", f"Echo: {lost[1]}",
    ]  # fmt: skip
    assert other == ["b'data'", "Echo: In use.", "[]", "Echo: Full.", "1", f"Echo: {lost[0]}", f"ModelError: {lost[1]}"]
