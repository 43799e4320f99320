"""Where what was found out is kept for the next time: by user, and lost without harm."""

import os
from pathlib import Path


def user_cache(name: str) -> Path:
    """The file of that name; its folder may not be there yet."""
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "likeness" / name
