"""Runs that were there and are gone: a host that answers from its cache would hand on what was removed."""

from collections import Counter
from pathlib import Path

_there: set[Path] = set()
_removed: Counter[Path] = Counter()


def note_run(folder: Path) -> None:
    """A run has ended in this folder."""
    _there.add(folder)


def times_removed(folder: Path) -> int:
    """How often a run of this process that had ended there was found gone."""
    if (folder / "recipe.json").is_file():
        _there.add(folder)
    elif folder in _there:
        _there.discard(folder)
        _removed[folder] += 1
    return _removed[folder]
