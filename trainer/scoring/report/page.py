"""The report as one self-contained page: page.html.j2 filled in, every text escaped by jinja2's autoescape, and
page.js, the only script that the page's policy lets run: it is named there by its hash."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..intervals import FEWEST, Interval, Key
from ..scores import Scores
from .curves import charts
from .gate_words import gate_lines
from .inlined import Inlining
from .measure_words import MeasureWords, ends_of, measured_names, unmeasured, words_of
from .pictures import picture_file
from .report import Report
from .words import KINDS, Tone, all_rows, detail, drawn_with, main_rows, measured_by, number, tone, verdict

if TYPE_CHECKING:
    from jinja2 import Environment

_SCRIPT = "page.js"


@dataclass(frozen=True)
class _Cell:
    """A measured value, its interval in words, and the bar in parts of a hundred from the left."""

    value: str
    between: str = ""
    sort: str = ""
    left: str = "0"
    width: str = "0"
    middle: str = "0"


@dataclass(frozen=True, kw_only=True)
class _Column:
    """A column's head and its row of the table of measures."""

    label: str
    tone: Tone
    verdict: str
    detail: str
    cells: list[_Cell]


@dataclass(frozen=True)
class _Picture:
    """A cell of the grid: `source` is the picture itself as a data address, "" where there is none."""

    tone: Tone
    words: str = ""
    source: str = ""


@dataclass(frozen=True)
class _Row:
    kind: str
    prompt: str
    seed: int
    pictures: list[_Picture]


def page(report: Report, out: Path) -> str:
    """The page's HTML; pictures are read from under `out` and inlined, smaller the more there are."""
    main = main_rows(report.plan)
    rest = [key for key in all_rows(report.plan) if key not in main]
    count = len(report.columns)
    inlining = Inlining.of(len(main) * count + len(report.references), len(rest) * count)
    names = measured_names(report)
    return render(
        "page.html.j2",
        report=report,
        policy=f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{_script_hash()}'; "
        "base-uri 'none'; form-action 'none'",
        measures=[words_of(name) for name in names],
        columns=[_column(scores, report, names) for scores in report.columns],
        charts=charts(report),
        ties=[label for label in report.tied if label != report.chosen] if len(report.tied) > 1 else [],
        found=_found(report),
        gates=gate_lines(),
        fewest=FEWEST,
        advice=[("", sentence) for sentence in report.advice],
        notes=[("", sentence) for sentence in _notes(report)],
        references=[inlining.source(path, is_main=True) for path in _references(report, out)],
        main=_grid(report, out, main, inlining, is_main=True),
        rest=_grid(report, out, rest, inlining, is_main=False),
        foot=[line for line in (drawn_with(report), measured_by(report)) if line],
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


@cache
def _script_hash() -> str:
    return base64.b64encode(hashlib.sha256(render(_SCRIPT).encode()).digest()).decode()


def _column(scores: Scores, report: Report, names: Sequence[str]) -> _Column:
    cells = [_cell(scores.measures.get(name), words_of(name), ends_of(report, name)) for name in names]
    return _Column(
        label=scores.label,
        tone=tone(scores, report),
        verdict=verdict(scores, report),
        detail=detail(scores, report),
        cells=cells,
    )


def _cell(measured: Interval | None, words: MeasureWords, ends: tuple[float, float]) -> _Cell:
    if measured is None:
        return _Cell("–")
    low, high = ends
    left, middle, right = (100 * (each - low) / (high - low) for each in (measured.low, measured.value, measured.high))
    return _Cell(
        words.value(measured),
        words.between(measured),
        f"{measured.value:.6g}",
        f"{left:.1f}",
        f"{max(right - left, 1):.1f}",
        f"{middle:.1f}",
    )


def _found(report: Report) -> list[tuple[str, str]]:
    """What is said against each column, and what is said of it without ruling it out."""
    against = [(s.label, " ".join([*(flag.sentence for flag in s.flags), *s.cautions])) for s in report.checkpoints]
    return [(label, words) for label, words in against if words]


def _notes(report: Report) -> list[str]:
    """The report's, and what would measure what nobody measured in place of that alone."""
    return [*(note for note in report.notes if not note.endswith(" is not measured.")), *unmeasured(report)]


def _references(report: Report, out: Path) -> list[Path]:
    return [path for name in report.references if (path := picture_file(out, name)) is not None]


def _grid(report: Report, out: Path, keys: Sequence[Key], inlining: Inlining, *, is_main: bool) -> list[_Row]:
    columns = [({p.key: p for p in scores.pictures}, scores) for scores in report.columns]
    rows: list[_Row] = []
    for key in keys:
        probe = report.plan.probes[key[0]]
        pictures: list[_Picture] = []
        for found, scores in columns:
            picture = found.get(key)
            path = picture and picture_file(out, picture.path)
            if picture is None or path is None:
                pictures.append(_Picture(tone(scores, report)))
                continue
            words = f"{scores.label}, seed {picture.seed}, identity {number(picture.identity)}"
            pictures.append(_Picture(tone(scores, report), words, inlining.source(path, is_main=is_main)))
        rows.append(_Row(KINDS.get(probe.kind, probe.kind), probe.prompt, key[1], pictures))
    return rows
