"""Which face readers there are, and the one that is asked for. Readers register themselves."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import FaceError
from ..runtime.onnx_engine import Device
from .face import FaceReader


@dataclass(frozen=True, kw_only=True)
class FaceFolders:
    """Where model files may lie, the likeliest first: packs and AuraFace in folders of their names, OpenCV's files
    directly, CCIP's and DINO's directly or in folders of any name."""

    insightface: tuple[Path, ...] = ()
    opencv: tuple[Path, ...] = ()
    ccip: tuple[Path, ...] = ()
    dino: tuple[Path, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReaderEntry:
    """What a reader registers. `lacks` says in a sentence what is missing (None: ready) by file and package names only.

    `auto` may choose it unless `is_auto` is False.
    """

    name: str
    lacks: Callable[[FaceFolders], str | None]
    open: Callable[[FaceFolders, Device], FaceReader]
    is_auto: bool = True


_entries: dict[str, ReaderEntry] = {}


def register(entry: ReaderEntry) -> None:
    """Offer a reader after those that are offered already: `auto` takes the first that is ready."""
    _entries[entry.name] = entry


def open_reader(name: str, folders: FaceFolders, device: Device = "auto") -> FaceReader:
    """The reader of that name, `auto` being the first that is ready of those that may be chosen unasked.

    Raises FaceError that says what is missing and where it belongs.
    """
    entry = _first_ready(folders) if name == "auto" else _entries.get(name)
    if entry is None:
        *most, last = ("auto", *_entries)
        raise FaceError(f"There is no face reader {name!r}; use {', '.join(most)} or {last}.")
    return entry.open(folders, device)


def lack_of(name: str, folders: FaceFolders) -> str | None:
    """What the reader of that name misses, in a sentence; None where it is ready."""
    return _entries[name].lacks(folders)


def _first_ready(folders: FaceFolders) -> ReaderEntry:
    faults: list[str] = []
    for entry in _entries.values():
        if not entry.is_auto:
            continue
        lack = entry.lacks(folders)
        if lack is None:
            return entry
        faults.append(f"{entry.name}: {lack}")
    raise FaceError("No face reader is ready; one of these is enough.\n" + "\n".join(faults))
