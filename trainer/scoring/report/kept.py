"""A report on disk: numbers, a page and a picture, and the model card of what is chosen."""

import io
import json
from dataclasses import replace
from pathlib import Path

from ...errors import LikenessError
from ...storage.atomic import write_atomically
from ...storage.values import json_value
from ..drawing import refused_write
from .model_card import CardSubject, model_card
from .page import page
from .picture import grid
from .pictures import likest_picture
from .report import Report

REPORT = "report.json"
PAGE = "report.html"
PICTURE = "report.png"
CARD, CARD_PICTURE = "model_card.md", "model_card.png"


def write_report(report: Report, out: Path) -> None:
    """Write report.png, report.html and report.json, the last one last: it tells that all three are there."""
    # Before anything is written: numbers that JSON cannot hold must not leave half a report.
    text = json.dumps(report.to_json(), indent=2, ensure_ascii=False, allow_nan=False)
    buffer = io.BytesIO()
    grid(report, out).save(buffer, "PNG", compress_level=2)
    _write(out / PICTURE, buffer.getvalue())
    _write(out / PAGE, page(report, out).encode())
    _write(out / REPORT, text.encode() + b"\n")


def write_card(report: Report, subject: CardSubject, out: Path) -> Path:
    """Write the model card of a column beside the report, with a picture of it where there is one; the card's path."""
    scores = next((each for each in report.checkpoints if each.label == subject.label), None)
    shown = likest_picture(scores, out) if scores else None
    if shown is not None:
        _write(out / CARD_PICTURE, shown.read_bytes())
    card = model_card(report, replace(subject, picture=CARD_PICTURE if shown else ""))
    _write(out / CARD, card.encode())
    return out / CARD


def finished_report(out: Path, key: str) -> Report | None:
    """The report of this very comparison, if it is there whole with its pictures; None otherwise."""
    if not all((out / name).is_file() for name in (PICTURE, PAGE, REPORT)):
        return None
    try:
        report = Report.from_json(json_value((out / REPORT).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError, LikenessError):
        return None
    pictures = [out / picture.path for scores in report.columns for picture in scores.pictures]
    return report if report.key == key and all(path.is_file() for path in pictures) else None


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all; RunError says what to do when the disk refuses."""
    try:
        write_atomically(path, data)
    except OSError as fault:
        raise refused_write(path, fault) from fault
