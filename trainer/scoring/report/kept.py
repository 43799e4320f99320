"""A report on disk: numbers, a page and a picture."""

import io
import json
from pathlib import Path

from ...errors import LikenessError
from ...storage.atomic import write_atomically
from ..drawing import refused_write
from .page import page
from .picture import grid
from .report import Report

REPORT = "report.json"
PAGE = "report.html"
PICTURE = "report.png"


def write_report(report: Report, out: Path) -> None:
    """Write report.png, report.html and report.json, the last one last: it tells that all three are there."""
    buffer = io.BytesIO()
    grid(report, out).save(buffer, "PNG", optimize=True)
    _write(out / PICTURE, buffer.getvalue())
    _write(out / PAGE, page(report, out).encode())
    text = json.dumps(report.to_json(), indent=2, ensure_ascii=False, allow_nan=False)
    _write(out / REPORT, text.encode() + b"\n")


def finished_report(out: Path, key: str) -> Report | None:
    """The report of this very comparison, if it is there whole with its pictures; None otherwise."""
    if not all((out / name).is_file() for name in (PICTURE, PAGE, REPORT)):
        return None
    try:
        report = Report.from_json(json.loads((out / REPORT).read_text(encoding="utf-8")))
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
