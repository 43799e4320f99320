"""Trainers in processes of their own that take turns: each has its own memory, and a busy moment hits all."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from ..errors import LikenessError

_PACK = Path(__file__).resolve().parents[2]
_MARK = "@arm "
_SAID = 1500


class Arm:
    """A process that answers a line with a line of JSON: `steps n`, `parity`, `memory`."""

    def __init__(self, command: Sequence[object]) -> None:
        environment = {**os.environ, "PYTHONPATH": str(_PACK), "PYTHONUNBUFFERED": "1"}
        # A developer's measurement: nothing that a node or a page can reach starts a process.
        self._process = subprocess.Popen(
            [str(word) for word in command],
            env=environment,
            cwd=_PACK,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.name = str(command[-2])

    @classmethod
    def ours(cls, kind: str, task: str) -> "Arm":
        """`ours` or `diffusers`, in this interpreter."""
        return cls([sys.executable, "-m", "trainer.bench.step_arm", kind, task])

    def ask(self, what: str) -> Mapping[str, Any]:
        """What the process answers; LikenessError with its last words if it has ended."""
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        assert pipe_in is not None and pipe_out is not None
        with suppress(BrokenPipeError):
            pipe_in.write(what + "\n")
            pipe_in.flush()
        for line in pipe_out:
            if line.startswith(_MARK):
                return json.loads(line.removeprefix(_MARK))
        assert self._process.stderr is not None
        raise LikenessError(f"{self.name} ended: {self._process.stderr.read().strip()[-_SAID:]}")

    def __enter__(self) -> "Arm":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()


def answer(what: Mapping[str, Any]) -> None:
    """In an arm: say this to the parent."""
    sys.stdout.write(_MARK + json.dumps(what) + "\n")
    sys.stdout.flush()
