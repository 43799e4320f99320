"""`bench compare`: what comparing costs beyond drawing, and what a checkpoint more costs."""

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image

from ..dataset.dataset import Dataset
from ..demo.assets import demo_base
from ..demo.characters.character import draw_character
from ..demo.run import demo_subject, demo_tools
from ..demo.settings import demo_plan, demo_recipe
from ..generate.attachments import Attachment
from ..generate.local import LocalGenerator
from ..generate.shot import Shot
from ..recipe.recipe import Recipe
from ..runtime.work import follow, ignore
from ..scoring import candidates_of_run, compare
from ..scoring.plan.candidate import Candidate
from ..scoring.reading.descriptor import Descriptor
from ..scoring.reading.descriptors.own import OwnDescriptor
from ..training.job import Job
from ..training.run.folder import RunFolder
from ..training.train import train
from . import Sink

_COLUMNS = 4
_FOLDERS = ("report", "report_with_copies")


class _Timed:
    """A generator that counts its pictures and the seconds that it draws."""

    def __init__(self, drawn_by: LocalGenerator) -> None:
        self.drawn_by = drawn_by
        self.seconds, self.pictures = 0.0, 0

    @property
    def supports(self) -> frozenset[type[Attachment]]:
        return self.drawn_by.supports

    @property
    def loads(self) -> int:
        return self.drawn_by.loads

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        pictures = self.drawn_by.generate(shots)
        while True:
            started = time.perf_counter()
            picture = next(pictures, None)
            self.seconds += time.perf_counter() - started
            if picture is None:
                return
            self.pictures += 1
            yield picture


def bench_compare(out: Path | None = None, sink: Sink = ignore) -> dict[str, Any]:
    """The demo's comparison of four checkpoints on the SDXL demo base, as the demo reads it and with copies looked for.

    `outside_drawing` is the share of the whole time in which nothing was drawn: readers, measures, report.
    `seconds_outside` is that a picture; both `_with_copies` with the descriptor that finds copies and backgrounds.
    `one_more` is how many pictures a fifth checkpoint has drawn, of `a_column`; `again` how many the same comparison
    draws; `base_loads` how often the base was loaded for the four.
    """
    folder = out or Path(tempfile.mkdtemp(prefix="likeness-bench-"))
    dataset, files = _checkpoints(folder, sink)
    plan, subject, base = demo_plan(dataset.trigger), demo_subject(dataset), demo_base()

    def compared(columns: int, name: str, descriptor: Descriptor | None = None) -> _Compared:
        timed = _Timed(LocalGenerator(base))
        tools = demo_tools(base, folder / name)
        tools = replace(tools, generator=timed, release=timed.drawn_by.release, descriptor=descriptor)
        started = time.perf_counter()
        follow(compare(plan, files[:columns], subject, tools), sink)
        return _Compared(timed, time.perf_counter() - started)

    for name in _FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
    plain, copies = compared(_COLUMNS, _FOLDERS[0]), compared(_COLUMNS, _FOLDERS[1], OwnDescriptor())
    more, again = (compared(_COLUMNS + 1, _FOLDERS[0]).timed.pictures for _ in range(2))
    return {
        "outside_drawing": plain.outside,
        "seconds_outside": plain.seconds_outside,
        "outside_drawing_with_copies": copies.outside,
        "seconds_outside_with_copies": copies.seconds_outside,
        "seconds_a_picture": round(plain.timed.seconds / plain.timed.pictures, 4),
        "pictures": plain.timed.pictures,
        "a_column": plan.pictures,
        "one_more": more,
        "again": again,
        "base_loads": plain.timed.loads,
    }


@dataclass(frozen=True)
class _Compared:
    timed: _Timed
    seconds: float

    @property
    def outside(self) -> float:
        return round(1 - self.timed.seconds / self.seconds, 4)

    @property
    def seconds_outside(self) -> float:
        return round((self.seconds - self.timed.seconds) / self.timed.pictures, 4)


def _checkpoints(folder: Path, sink: Sink) -> tuple[Dataset, list[Candidate]]:
    """Five of a short run: what a comparison costs does not hang on what was learned."""
    dataset = draw_character(folder / "dataset", 0)
    data = demo_recipe(steps=_COLUMNS + 1).to_json()
    data["output"] |= {"save_every": 1, "sample_every": 0}
    data["prior"]["images"] = 0
    job = Job(
        recipe=Recipe.from_json(data), dataset=dataset, base=demo_base(), run=folder / "run", name=dataset.trigger
    )
    follow(train(job), sink)
    return dataset, list(candidates_of_run(RunFolder(job.run).checkpoints()))
