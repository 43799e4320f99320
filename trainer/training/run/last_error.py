"""What stopped a run last, kept in its folder for whoever is asked for help: the sentence, and where in the code."""

import json
import traceback
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ...errors import Cancelled, LikenessError, shortened
from ...storage.atomic import write_atomically
from ...storage.values import json_value
from .places import said

FILE = "last_error.json"
_PACK = Path(__file__).parents[3]
_MOST_PLACES, _MOST_LETTERS = 40, 2000


@contextmanager
def errors_kept(folder: Path) -> Generator[None]:
    """Whatever stops the run in `folder` within the block is kept there, but for a Cancel; a run that ends forgets it.

    A run that never made its folder has nowhere to keep it, and a disk that refuses keeps the error itself in sight.
    """
    try:
        yield
    except Cancelled:
        raise
    except Exception as error:
        if folder.is_dir():
            with suppress(OSError):
                text = json.dumps(_told(error, folder), indent=2, ensure_ascii=False)
                write_atomically(folder / FILE, text.encode("utf-8", "replace") + b"\n")
        raise
    with suppress(OSError):
        (folder / FILE).unlink(missing_ok=True)


def last_error(folder: Path) -> dict[str, Any] | None:
    """What stopped the run last; None where nothing did."""
    try:
        return json_value((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _told(error: Exception, folder: Path) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)[-_MOST_PLACES:]
    cause = error.__cause__
    return {
        "kind": type(error).__name__,
        "said": said(shortened(str(error), _MOST_LETTERS), folder),
        "expected": isinstance(error, LikenessError),
        "cause": None if cause is None else type(cause).__name__,
        "where": [f"{_in_code(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames],
    }


def _in_code(file: str) -> str:
    """The file from its package on: of others than ours and installed ones the name alone."""
    path = Path(file)
    if path.is_relative_to(_PACK):
        return path.relative_to(_PACK).as_posix()
    parts = path.parts
    at = next((number for number, part in enumerate(parts) if part in ("site-packages", "dist-packages")), None)
    return path.name if at is None else "/".join(parts[at + 1 :])
