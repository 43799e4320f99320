"""`bench identity`: what identity adapters cost, and whether a LoRA with one is more robust than either alone."""

import tempfile
from pathlib import Path
from typing import Any

from ..runtime.work import ignore
from . import Sink
from .identity_study import study
from .identity_time import added
from .named import refuse_strangers

CHARACTERS = (0, 1, 2)


def bench_identity(
    out: Path | None = None, device: str = "cpu", only: tuple[str, ...] = (), sink: Sink = ignore
) -> dict[str, Any]:
    """Time and memory on the device, and on a processor the study too, in `out` where a stopped one goes on.

    `only` names demo characters by their numbers; `time` among them leaves the study out, `study` the times.
    """
    refuse_strangers((name for name in only if not name.isdecimal()), ("time", "study"))
    figures: dict[str, Any] = {} if "study" in only else added(device)
    if device != "cpu" or "time" in only:
        return figures
    characters = tuple(int(name) for name in only if name.isdecimal()) or CHARACTERS
    with tempfile.TemporaryDirectory() as scratch:
        return {**figures, "study": study(out or Path(scratch), characters, sink)}
