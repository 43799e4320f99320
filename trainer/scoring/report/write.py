"""The three files of a report: numbers, a page and a picture."""

import io
import json
from pathlib import Path

from ..shelf import write
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
    write(out / PICTURE, buffer.getvalue())
    write(out / PAGE, page(report, out).encode())
    text = json.dumps(report.to_json(), indent=2, ensure_ascii=False, allow_nan=False)
    write(out / REPORT, text.encode() + b"\n")


def is_written(out: Path) -> bool:
    return all((out / name).is_file() for name in (PICTURE, PAGE, REPORT))
