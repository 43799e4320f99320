"""Something that lies on the disk since work was done: what it is, what it takes, who needs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

REMOVABLE: dict[str, str] = {
    "drafts": "half-written files that a killed process left",
    "caches": "latents, masks, text embeddings and prior pictures of finished runs",
    "states": "what finished runs would have resumed from",
    "samples": "samples of finished runs, but for the first and the last",
    "checkpoints": "checkpoints of finished runs that were compared and not chosen",
    "comparisons": "pictures that a comparison's report does not show any more",
    "readings": "what readers saw in the pictures of finished comparisons",
    "pictures": "crops, variants and fills that no saved dataset and no run names",
    "previews": "small previews for the page",
    "empty runs": "runs that were stopped before anything was learned",
}
"""What may be taken away, by the word that asks for it. It can all be made again, but for samples and checkpoints."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Files of one kind in one place.

    `what` is a key of REMOVABLE, or what else is told for its size alone. `used` is when the latest of them was read or
    written, in seconds of `time.time`. `needed` says who needs them; "" where they may go. `run` is the folder of the
    run they belong to, None where they are nobody's.
    """

    what: str
    where: Path
    files: tuple[Path, ...]
    bytes: int
    used: float
    needed: str = ""
    run: Path | None = None

    @property
    def may_go(self) -> bool:
        return not self.needed and self.what in REMOVABLE


def of_kinds(items: Sequence[Kept], kinds: Sequence[str]) -> tuple[Kept, ...]:
    """Those of these kinds that may go."""
    return tuple(item for item in items if item.may_go and item.what in kinds)


def freed(items: Sequence[Kept]) -> int:
    """Bytes of those that may go."""
    return sum(item.bytes for item in items if item.may_go)


def kept_json(item: Kept) -> dict[str, Any]:
    return {
        "what": item.what,
        "where": str(item.where),
        "files": len(item.files),
        "bytes": item.bytes,
        "used": when(item.used),
        "may_go": item.may_go,
        "needed": item.needed,
    }


def when(seconds: float) -> str:
    """`2026-11-29 09:00`, local time."""
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")


def size_in_words(size: int) -> str:
    """`1.2 GB`, `34 MB`, `5.6 kB`."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}"
    return f"{size / 1e3:.1f} kB"
