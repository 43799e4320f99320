"""The report as one self-contained page: page.html.j2 filled in, every text escaped by jinja2's autoescape."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from ...images.pixels import load_rgb
from ..intervals import Key
from ..scores import Scores
from .chart import Chart, Level, Point, chart
from .report import Report
from .words import KINDS, all_rows, main_rows, measured_by, number, percent, verdict

if TYPE_CHECKING:
    from jinja2 import Environment

_SIDE = 176


@dataclass(frozen=True)
class _Picture:
    """A cell of the grid: `source` is the picture itself as a data address, "" where there is none."""

    kind: str
    words: str = ""
    source: str = ""


@dataclass(frozen=True)
class _Row:
    kind: str
    prompt: str
    pictures: list[_Picture]


def page(report: Report, out: Path) -> str:
    """The page's HTML; pictures are read from under `out` and inlined small."""
    main = main_rows(report.plan)
    rest = [key for key in all_rows(report.plan) if key not in main]
    against = [(s.label, " ".join([*(flag.sentence for flag in s.flags), *s.cautions])) for s in report.checkpoints]
    return render(
        "page.html.j2",
        report=report,
        measured_by=measured_by(report),
        number=number,
        percent=percent,
        columns=[(scores, _kind(scores, report), verdict(scores, report)) for scores in report.columns],
        charts=_charts(report),
        found=[(label, words) for label, words in against if words],
        advice=[("", sentence) for sentence in report.advice],
        notes=[("", sentence) for sentence in report.notes],
        main=_grid(report, out, main),
        rest=_grid(report, out, rest),
    )


def render(template: str, **values: Any) -> str:
    """A template beside this file filled in; a name that it lacks is an error."""
    return _templates().get_template(template).render(values)


@cache
def _templates() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _charts(report: Report) -> list[Chart]:
    control = report.control
    identity = [Level("no LoRA", control.identity.value)] if control.identity else []
    if report.reference is not None:
        identity.append(Level("real pictures", report.reference))
    following = [Level("no LoRA", control.following.value)] if control.following else []
    losses = [
        Point(scores.step, scores.memorisation.held_out, scores.memorisation.held_out, scores.memorisation.held_out)
        for scores in report.checkpoints
        if scores.memorisation and scores.step is not None
    ]
    made = (
        chart("Identity", _points(report, "identity"), identity, report.chosen_step),
        chart("Prompt following", _points(report, "following"), following, report.chosen_step),
        chart("Loss on held-out pictures", losses, [], report.chosen_step),
    )
    return [each for each in made if each is not None]


def _points(report: Report, name: str) -> list[Point]:
    found: list[Point] = []
    for scores in report.checkpoints:
        measured = scores.measures.get(name)
        if measured and scores.step is not None:
            found.append(Point(scores.step, measured.value, measured.low, measured.high))
    return found


def _grid(report: Report, out: Path, keys: Sequence[Key]) -> list[_Row]:
    rows: list[_Row] = []
    for key in keys:
        probe = report.plan.probes[key[0]]
        pictures = [_picture(scores, report, out, key) for scores in report.columns]
        rows.append(_Row(KINDS[probe.kind], probe.prompt, pictures))
    return rows


def _picture(scores: Scores, report: Report, out: Path, key: Key) -> _Picture:
    kind = _kind(scores, report)
    found = next((picture for picture in scores.pictures if picture.key == key), None)
    if found is None or not (out / found.path).is_file():
        return _Picture(kind)
    words = f"{scores.label}, seed {found.seed}, identity {number(found.identity)}"
    return _Picture(kind, words, _inline(out / found.path))


def _inline(path: Path) -> str:
    image = load_rgb(path)
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=84)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _kind(scores: Scores, report: Report) -> str:
    if scores.label == report.chosen:
        return "chosen"
    return "flagged" if scores.flags else "plain"
