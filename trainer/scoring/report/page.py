"""The report as one self-contained page: nothing is loaded from elsewhere, every text is escaped."""

import base64
import io
from collections.abc import Sequence
from html import escape
from pathlib import Path

from PIL import Image

from ...images.pixels import load_rgb
from ..intervals import Interval, Key
from ..scores import Scores
from .curves import Level, Point, curve
from .report import Report
from .rows import all_rows, main_rows
from .style import STYLE
from .words import KINDS, measured_by, number, percent, verdict

_SIDE = 176


def page(report: Report, out: Path) -> str:
    """The page's HTML; pictures are read from under `out` and inlined small."""
    title = f"{report.trigger} – compared"
    main = main_rows(report.plan)
    rest = [key for key in all_rows(report.plan) if key not in main]
    parts = [
        f"<header><h1>{escape(report.trigger)}</h1><p class='reason'>{escape(report.reason)}</p></header>",
        _table(report),
        f"<section class='curves'>{_curves(report)}</section>",
        _findings(report),
        f"<section><h2>Pictures</h2>{_grid(report, out, main)}</section>",
        f"<details><summary>All other pictures</summary>{_grid(report, out, rest)}</details>" if rest else "",
        f"<footer>{escape(measured_by(report))} Small numbers are 95 % intervals.</footer>",
    ]
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    head = (
        "<meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<title>{escape(title)}</title><style>{STYLE}</style>"
    )
    return f"<!doctype html><html lang='en'><head>{head}</head><body><main>{''.join(parts)}</main></body></html>\n"


def _table(report: Report) -> str:
    names = ("", "", "Identity", "Trigger alone", "Without trigger", "Nearest of all", "Following", "Variety", "Faces")
    head = "".join(f"<th>{name}</th>" for name in names)
    rows = "".join(_row(scores, report) for scores in report.columns)
    return f"<section class='wide'><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></section>"


def _row(scores: Scores, report: Report) -> str:
    cells = [
        _measure(scores.identity),
        _measure(scores.trigger_only),
        _measure(scores.untriggered),
        percent(scores.top1),
        _measure(scores.following),
        _measure(scores.variety),
        percent(scores.face_rate),
    ]
    said = f"<th scope='row'>{escape(scores.label)}</th><td class='verdict'>{escape(verdict(scores, report))}</td>"
    return f"<tr class='{_kind(scores, report)}'>{said}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _measure(measured: Interval | None) -> str:
    if measured is None:
        return "<span title='not measured'>–</span>"
    return f"{number(measured)} <small>{measured.low:.2f} to {measured.high:.2f}</small>"


def _curves(report: Report) -> str:
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
    return "".join(
        (
            curve("Identity", _points(report, "identity"), identity, report.chosen),
            curve("Prompt following", _points(report, "following"), following, report.chosen),
            curve("Loss on held-out pictures", losses, [], report.chosen),
        )
    )


def _points(report: Report, name: str) -> list[Point]:
    found: list[Point] = []
    for scores in report.checkpoints:
        measured = scores.measures.get(name)
        if measured and scores.step is not None:
            found.append(Point(scores.step, measured.value, measured.low, measured.high))
    return found


def _findings(report: Report) -> str:
    against = [(s.label, [*(flag.sentence for flag in s.flags), *s.cautions]) for s in report.checkpoints]
    lists = {
        "Found": [f"<b>{escape(label)}</b> {escape(' '.join(said))}" for label, said in against if said],
        "Next run": [escape(sentence) for sentence in report.advice],
        "Notes": [escape(sentence) for sentence in report.notes],
    }
    return "".join(
        f"<section><h2>{name}</h2><ul>{''.join(f'<li>{item}</li>' for item in items)}</ul></section>"
        for name, items in lists.items()
        if items
    )


def _grid(report: Report, out: Path, keys: Sequence[Key]) -> str:
    head = "".join(f"<th class='{_kind(scores, report)}'>{escape(scores.label)}</th>" for scores in report.columns)
    rows: list[str] = []
    for key in keys:
        probe = report.plan.probes[key[0]]
        said = f"<small>{KINDS[probe.kind]}</small>{escape(probe.prompt)}"
        cells = "".join(_picture(scores, report, out, key) for scores in report.columns)
        rows.append(f"<tr><th scope='row'>{said}</th>{cells}</tr>")
    return f"<div class='wide'><table class='grid'><tr><td></td>{head}</tr>{''.join(rows)}</table></div>"


def _picture(scores: Scores, report: Report, out: Path, key: Key) -> str:
    kind = _kind(scores, report)
    found = next((picture for picture in scores.pictures if picture.key == key), None)
    if found is None or not (out / found.path).is_file():
        return f"<td class='{kind}'></td>"
    said = f"{scores.label}, seed {found.seed}, identity {number(found.identity)}"
    return (
        f"<td class='{kind}'><img alt='{escape(said)}' title='{escape(said)}' src='{_inline(out / found.path)}'></td>"
    )


def _inline(path: Path) -> str:
    image = load_rgb(path)
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=84)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _kind(scores: Scores, report: Report) -> str:
    if scores.step is not None and scores.step == report.chosen:
        return "chosen"
    return "flagged" if scores.flags else "plain"
