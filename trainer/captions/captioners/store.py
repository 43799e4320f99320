"""What captioners said, on disk: one small file a picture and captioner, so that a cancelled run goes on from there."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ...errors import DatasetError
from ...storage.atomic import write_atomically
from ...storage.values import json_value
from .captioner import RawCaption, Tag

_SAMPLE_BYTES = 1 << 16


class CaptionStore:
    """Said by picture (sha256 of its pixels) and by the captioner's key."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, sha256: str, key: str) -> RawCaption | None:
        """None when it was never said, or when its file is damaged: then it is said again."""
        try:
            data = json_value(self._path(sha256, key).read_bytes())
            tags = tuple(Tag(name, category, score) for name, category, score in data["tags"])
            return RawCaption(data["text"], tags) if isinstance(data["text"], str) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, sha256: str, key: str, said: RawCaption) -> None:
        """Atomic. Raises DatasetError when the disk is full or may not be written."""
        tags = [list(asdict(tag).values()) for tag in said.tags]
        data = json.dumps({"text": said.text, "tags": tags}, ensure_ascii=False).encode()
        path = self._path(sha256, key)
        try:
            write_atomically(path, data)
        except OSError as fault:
            reason = fault.strerror or str(fault)
            raise DatasetError(f"Cannot keep captions in {path.parent}: {reason}. Free some space there.") from fault

    def _path(self, sha256: str, key: str) -> Path:
        return self._folder / hashlib.sha256(key.encode()).hexdigest()[:24] / f"{sha256}.json"


def fingerprint(paths: Sequence[Path]) -> str:
    """Names files by their names, sizes, first and last 64 kB: reading gigabytes to name a model would take minutes."""
    digest = hashlib.sha256()
    for path in paths:
        try:
            size = path.stat().st_size
            digest.update(f"{path.name}:{size}:".encode())
            with path.open("rb") as file:
                digest.update(file.read(_SAMPLE_BYTES))
                file.seek(max(size - _SAMPLE_BYTES, 0))
                digest.update(file.read(_SAMPLE_BYTES))
        except OSError:
            digest.update(f"{path.name}:missing:".encode())  # opening it for captions says so
    return digest.hexdigest()[:24]
