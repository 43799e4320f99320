"""What went wrong, each fault once with its smallest case."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

_FRAME = re.compile(r'File "[^"]*?custom_nodes/likeness/([^"]+)", line (\d+), in (\w+)')
_ANY_FRAME = re.compile(r'File "([^"]+)", line (\d+), in (\w+)')
LONGEST_ERROR = 6000
SLOW = 12.0


class Findings:
    """Counts outcomes; keeps one example of each fault, the shortest, in a file too as soon as there is one."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self.outcomes: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, Any] = {}
        self.slowest = (0.0, "")
        self.megabytes = 0

    def fault(self, what: str, case: Any, more: str = "") -> None:
        self.counts[what] += 1
        text = json.dumps(case, default=repr)
        kept = self.examples.get(what)
        if kept is None or len(text) < len(kept["case"]):
            self.examples[what] = {"case": text, "more": more[-6000:]}
            if self._file is not None:
                self._file.write_text(json.dumps(self.examples, indent=1))

    def judge(self, told: dict[str, Any], case: Any, limit: float = SLOW) -> None:
        """A fault for every way in which a prompt may not end."""
        outcome = told["outcome"]
        if outcome == "error":
            outcome = self._error(told, case)
        if outcome == "refused":
            for one in told["errors"]:
                self._traceback("validation", "".join(one["traceback"] or "") + str(one["details"]), case)
        for said in told["said"] if told["outcome"] != "error" else []:  # the host logs the error that it tells
            self._traceback("log", said, case)
        for path in told["outside"]:
            self.fault(f"outside: {re.sub(r'[0-9a-f]{8,}|[0-9]+', 'N', path)[:160]}", case, str(told))
        if told["seconds"] > limit:
            self.fault(f"slow: over {limit:.0f} s", case, f"{told['seconds']} s, {outcome}")
        self.slowest = max(self.slowest, (told["seconds"], json.dumps(case, default=repr)[:300]))
        self.megabytes = max(self.megabytes, told["rss"])
        self.outcomes[outcome] += 1

    def _error(self, told: dict[str, Any], case: Any) -> str:
        message, kind = told["message"], told["type"]
        if len(message) > LONGEST_ERROR:
            self.fault(f"error of {len(message) // 1000}k letters", case, message)
        if kind.startswith("likeness."):
            return "said in a sentence"
        trace = "".join(told["traceback"])
        frames = _FRAME.findall(trace)
        if not frames and kind != "page":
            return f"the host's own {kind}"
        self.fault(f"{kind} at {_place(frames)}", case, f"{message}\n{trace}")
        return "fault"

    def _traceback(self, where: str, text: str, case: Any) -> None:
        frames = _FRAME.findall(text)
        if frames or (where == "log" and "likeness" in text.lower() and "WARNING" in text):
            self.fault(f"{where}: {text.strip().splitlines()[-1][:80]} at {_place(frames)}", case, text)

    def figures(self) -> dict[str, Any]:
        return {
            "outcomes": dict(self.outcomes.most_common()),
            "faults": dict(self.counts.most_common()),
            "slowest_seconds": self.slowest[0],
            "most_megabytes": self.megabytes,
        }


def _place(frames: list[tuple[str, str, str]]) -> str:
    own = [frame for frame in frames if frame[0] not in ("nodes/checked.py", "nodes/sentences.py")] or frames
    return f"{own[-1][0]}:{own[-1][1]} {own[-1][2]}" if own else "the host"
