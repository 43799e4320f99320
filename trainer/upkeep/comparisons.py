"""What lies in a comparison's folder: drawn pictures and readings, which its report shows or has done with."""

import re
import time
from dataclasses import dataclass
from pathlib import Path

from .groups import used_since
from .places import files_below

_HOUR = 3600
_SHOWN = re.compile(r"[0-9a-f]{32,64}")
_REPORT, _BALANCE = "report.json", "balance.json"


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A folder with a report. `shown` are keys and hashes that report and balance name; None where there is neither.

    `at_work`: something was drawn or read in the last hour that the report does not know yet.
    """

    shown: frozenset[str] | None
    at_work: bool

    def needed(self, kind: str, path: Path, since: float) -> str:
        """Who needs a picture (`comparisons`), what was read, or a report."""
        if kind == "reports":
            return "what the comparison found"
        if self.shown is None:
            return "the comparison has not ended and goes on from them"
        if kind == "comparisons" and path.stem in self.shown:
            return "its report shows them"
        return "used lately" if self.at_work or used_since(path, since) else ""


def compared_in(folder: Path) -> Compared:
    """Of a comparison's folder, whether its report can be read or not."""
    texts = [path for path in (folder / _REPORT, folder / _BALANCE) if path.is_file()]
    written = [path.stat().st_mtime for path in files_below(folder) if path.parent.name in ("pictures", "readings")]
    try:
        shown = frozenset(key for path in texts for key in _SHOWN.findall(path.read_text(encoding="utf-8")))
        told = max((path.stat().st_mtime for path in texts), default=0.0)
    except (OSError, ValueError):
        return Compared(shown=None, at_work=True)
    at_work = max(written, default=0.0) > max(told, time.time() - _HOUR)
    return Compared(shown=shown if texts else None, at_work=at_work)
