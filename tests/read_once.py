"""Models that the libraries have read from a folder are copied in memory when the same files are read again."""

import copy
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import torch
from torch import nn

from trainer.families.sd.folder import FolderParts


def read_once(kinds: list[Any]) -> None:
    """Every test that trains reads the tiny base anew, and most of what it costs is the libraries' own reading."""
    for kind in kinds:
        kind.from_pretrained = staticmethod(_copying(kind.from_pretrained, lambda folder: _files(Path(folder))))
    FolderParts.outline = _copying(FolderParts.outline, lambda parts: (*_files(parts._folder), parts._layout))  # type: ignore[method-assign]


def _copying(read: Callable[..., Any], state_of: Callable[[Any], object]) -> Callable[..., Any]:
    held: dict[object, Any] = {}

    @wraps(read)
    def copied(where: Any, *which: Any, **settings: Any) -> Any:
        key = (state_of(where), which, *sorted(settings.items(), key=lambda each: each[0]))
        if key not in held:
            held[key] = read(where, *which, **settings)
        return _copy(held[key], {})

    return copied


def _copy(module: nn.Module, made: dict[int, Any]) -> nn.Module:
    """As `deepcopy` makes it, of which the modules' dictionaries of hooks, all empty, are most of the cost."""
    if id(module) in made:
        return made[id(module)]
    new = made[id(module)] = module.__class__.__new__(module.__class__)
    for name, value in module.__dict__.items():
        if name == "_modules":
            value = {key: child and _copy(child, made) for key, child in value.items()}
        elif value.__class__ in _ALONE or (
            value.__class__ is tuple and all(each.__class__ in _ALONE for each in value)
        ):
            pass
        elif value.__class__ in _HOLDERS and not value:
            value = value.__class__()
        else:
            value = copy.deepcopy(value, made)
        new.__dict__[name] = value
    return new


_ALONE = frozenset((bool, int, float, str, type(None), torch.dtype))
_HOLDERS = frozenset((dict, list, set, OrderedDict))


def _files(folder: Path) -> tuple[object, ...]:
    """What tells one state of a folder from another."""
    found = [(path, path.stat()) for path in sorted(folder.rglob("*")) if path.is_file()]
    return (str(folder), *((str(path), stat.st_ino, stat.st_size, stat.st_mtime_ns) for path, stat in found))
