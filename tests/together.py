"""Two processes that stand in one group, forked from the test's: they find every library loaded."""

import json
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from trainer.errors import LikenessError
from trainer.runtime.group import Group
from trainer.runtime.processes import joined

Said = dict[str, Any]
_LONGEST = 60.0
"""Seconds until processes count as hung."""


class Launched:
    """Processes of which each does `work`, as a launcher would start it, and says what that returns."""

    def __init__(self, work: Callable[[], Said], notes: Path, world: int = 2) -> None:
        self._notes = notes
        notes.mkdir(parents=True, exist_ok=True)
        port = _free_port()
        self.ids = [self._forked(work, rank, world, port) for rank in range(world)]

    def said(self) -> list[Said]:
        """What each returned, by rank; nothing of one that was killed."""
        deadline = time.monotonic() + _LONGEST
        for process in self.ids:
            while not os.waitpid(process, os.WNOHANG)[0]:
                if time.monotonic() > deadline:
                    self.kill(self.ids)
                    raise AssertionError("the processes hang")
                time.sleep(0.005)
        paths = [self._notes / f"{rank}.json" for rank in range(len(self.ids))]
        return [json.loads(path.read_text()) if path.is_file() else {} for path in paths]

    def kill(self, ids: Sequence[int]) -> None:
        for process in ids:
            os.kill(process, signal.SIGKILL)

    def _forked(self, work: Callable[[], Said], rank: int, world: int, port: int) -> int:
        child = os.fork()
        if child:
            return child
        try:
            # More threads than one would wait for those of the parent, which a child does not have.
            torch.set_num_threads(1)
            os.environ.update(
                RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE=str(world), LOCAL_WORLD_SIZE=str(world),
                MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port), OMP_NUM_THREADS="1",
            )  # fmt: skip
            (self._notes / f"{rank}.json").write_text(json.dumps(work()))
        except BaseException:
            traceback.print_exc(file=sys.__stderr__)
        finally:
            os._exit(0)


class Together(Launched):
    """Each does `work` with the group it stands in; it says what that `returned`, or the sentence and kind of its
    `error`."""

    def __init__(self, work: Callable[[Group], Any], notes: Path, world: int = 2) -> None:
        def joined_work() -> Said:
            try:
                with joined("cpu") as (group, _):
                    return {"returned": work(group)}
            except LikenessError as error:
                return {"error": str(error), "kind": type(error).__name__}

        super().__init__(joined_work, notes, world)


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]
