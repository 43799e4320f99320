"""`bench import`: what opening the pack adds to the host's start, measured in the host's own interpreter."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from ..errors import LikenessError

_PACK = Path(__file__).resolve().parents[2]
_PROBE = _PACK / "nodes" / "host" / "probe.py"
_TIMES = 3
_SECONDS = 300


def bench_import(host: Path | None = None) -> dict[str, Any]:
    """The quickest of three starts: seconds beyond the host's own, and which heavy packages they brought in (none).

    A start before them lets Python keep its bytecode, as any start but the very first finds it; that one's seconds are
    `first`.
    """
    folder = host or Path(os.environ.get("COMFYUI_PATH") or Path.home() / "comfy" / "ComfyUI")
    if not (folder / "main.py").is_file():
        raise LikenessError(f"There is no ComfyUI at {folder}; set COMFYUI_PATH to one.")
    with tempfile.TemporaryDirectory(prefix="likeness-bench-") as bytecode:
        first = _probe(folder, bytecode)
        runs = [_probe(folder, bytecode) for _ in range(_TIMES)]
    return {
        "pack_import_seconds": round(min(run["seconds"] for run in runs), 4),
        "modules": runs[0]["modules"],
        "heavy_modules": sorted({name for run in runs for name in run["heavy"]}),
        "runs": [round(run["seconds"], 4) for run in runs],
        "first": round(first["seconds"], 4),
    }


def _probe(host: Path, bytecode: str) -> dict[str, Any]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    # A developer's measurement: nothing that a node or a page can reach starts a process.
    done = subprocess.run(
        [_interpreter(host), _PROBE, host, _PACK],
        env={**environment, "PYTHONPYCACHEPREFIX": bytecode},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise LikenessError(f"The pack could not be opened in {host}:\n{done.stderr.strip()[-1500:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def _interpreter(host: Path) -> Path:
    own = host / ".venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    return own if own.is_file() else Path(sys.executable)
