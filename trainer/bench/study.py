"""`bench study`: what the number of pictures, passes over them and the share of close-ups do, on the demo base."""

import tempfile
from pathlib import Path
from typing import Any

from ..images.picture_file import write_picture
from ..runtime.work import ignore
from ..storage.atomic import write_atomically
from . import Sink
from .named import refuse_strangers
from .study_design import arms, replicates
from .study_picture import draw_study
from .study_run import study_row
from .study_table import as_markdown, measured


def bench_study(
    out: Path | None = None, sink: Sink = ignore, *, full: bool = False, only: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Every training's figures, their tables in `study.md` and a picture in `study.png` of the folder `out`, written
    anew after each training. A stopped study with a folder goes on from there; `only` names the arms to train.
    """
    designed = {arm.name: arm for arm in arms(full=full)}
    refuse_strangers(only, designed)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = out or Path(scratch)
        for replicate in replicates(full=full):
            for name in only or designed:
                rows.append(study_row(designed[name], replicate, folder, sink))
                write_study(folder, rows)
    seconds = sum(row["processor_seconds"] for row in rows)
    return {"trainings": len(rows), "processor_seconds": round(seconds, 1), "rows": rows}


def write_study(folder: Path, rows: list[dict[str, Any]]) -> None:
    """Tables and picture of what is there so far."""
    cells = measured(rows)
    write_atomically(folder / "study.md", as_markdown(cells).encode())
    write_picture(folder / "study.png", draw_study(cells))
