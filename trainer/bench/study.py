"""`bench study`: what the number of pictures, passes over them and the share of close-ups do, on the demo base."""

import tempfile
from pathlib import Path
from typing import Any

from ..images.picture_file import write_picture
from ..runtime.work import ignore
from ..storage.atomic import write_atomically
from . import Sink
from .study_design import arms, replicates
from .study_picture import draw_study
from .study_run import study_row
from .study_table import as_markdown, measured


def bench_study(out: Path | None = None, sink: Sink = ignore, *, full: bool = False) -> dict[str, Any]:
    """Every training's figures, their tables in `study.md` and a picture in `study.png` of the folder `out`, written
    anew after each training. A stopped study with a folder goes on from there.
    """
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = out or Path(scratch)
        for replicate in replicates(full=full):
            for arm in arms(full=full):
                rows.append(study_row(arm, replicate, folder, sink))
                write_study(folder, rows)
    seconds = sum(row["processor_seconds"] for row in rows)
    return {"trainings": len(rows), "processor_seconds": round(seconds, 1), "rows": rows}


def write_study(folder: Path, rows: list[dict[str, Any]]) -> None:
    """Tables and picture of what is there so far."""
    cells = measured(rows)
    write_atomically(folder / "study.md", as_markdown(cells).encode())
    write_picture(folder / "study.png", draw_study(cells))
