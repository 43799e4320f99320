"""How long a picture took the last time, so that the next comparison's minutes can be said before it starts."""

import json
from pathlib import Path
from typing import Any

from ..generate.shot import Shot
from ..storage.atomic import write_atomically
from ..storage.values import json_file, key_of

_FILE = "pace.json"


def remember_pace(out: Path, base: str, shot: Shot, seconds: float | None) -> None:
    """Of pictures like `shot`; None changes nothing, and so does a disk that refuses: it is a guess."""
    name = _name(base, shot)
    if seconds is None or _kept(out).get(name) == seconds:
        return
    try:
        write_atomically(out / _FILE, json.dumps({**_kept(out), name: seconds}, indent=1).encode())
    except OSError:
        return


def known_pace(out: Path, base: str, shot: Shot) -> float | None:
    """Seconds a picture like `shot` with that base; None where none was drawn here."""
    seconds = _kept(out).get(_name(base, shot))
    return float(seconds) if isinstance(seconds, int | float) else None


def _name(base: str, shot: Shot) -> str:
    return key_of("pace", base, shot.width, shot.height, shot.steps, shot.guidance > 1)


def _kept(out: Path) -> dict[str, Any]:
    try:
        return json_file(out / _FILE)
    except (OSError, ValueError):
        return {}
