"""Which captions in a folder were written by this program: any other text there counts as by hand."""

import hashlib
import json
from pathlib import Path
from typing import Any, cast, get_args

from ...storage.atomic import write_atomically
from ...storage.values import json_value
from ..sample import Author

RECORD = ".captions.json"


class CaptionRecord:
    """`.captions.json` beside the captions: by file name the hash of what was written and its author.

    A damaged record reads as empty: then every text counts as by hand, and none is lost.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / RECORD
        self._entries = _read(self._path)
        self._changed = False

    def author(self, name: str, text: str) -> Author:
        """Who wrote the text that file `name` holds now."""
        if not text:
            return "none"
        digest, author = self._entries.get(name, ("", ""))
        return cast(Author, author) if digest == _sha256(text) and author in get_args(Author) else "hand"

    def note(self, name: str, text: str, author: Author) -> None:
        self._entries[name] = (_sha256(text), author)
        self._changed = True

    def save(self) -> None:
        """Atomic; nothing is written where nothing changed. Raises OSError."""
        if self._changed:
            data = json.dumps(self._entries, indent=1, ensure_ascii=False, sort_keys=True)
            write_atomically(self._path, data.encode())


def _read(path: Path) -> dict[str, tuple[str, str]]:
    try:
        data: Any = json_value(path.read_bytes())
        return {str(name): (str(digest), str(author)) for name, (digest, author) in data.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
