"""Where what was found out is kept for the next time: by user, and lost without harm."""

import os
from pathlib import Path

_kept_in: list[Path] = []


def keep_in(folder: Path) -> None:
    """From now on in this folder, of a host that has one for its packs."""
    _kept_in[:] = [folder]


def user_cache(name: str) -> Path:
    """The file of that name; its folder may not be there yet."""
    if _kept_in:
        return _kept_in[0] / name
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "likeness" / name
