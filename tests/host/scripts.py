"""Run by ComfyUI's own Python, in its folder: one script after the other in one process, since its imports take long.

Each line of stdin is a JSON list, a script's path and its arguments; each answered with a line: what it printed, or how
it failed.
"""

import contextlib
import io
import json
import runpy
import sys
import traceback
from pathlib import Path


def main() -> None:
    answers = sys.stdout
    for line in sys.stdin:
        sys.argv = json.loads(line)
        sys.path[0] = Path(sys.argv[0]).parent.as_posix()
        printed, fault = io.StringIO(), ""
        with contextlib.redirect_stdout(printed):
            try:
                runpy.run_path(sys.argv[0], run_name="__main__")
            except Exception:
                fault = traceback.format_exc()
        answers.write(json.dumps({"printed": printed.getvalue(), "fault": fault}) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
