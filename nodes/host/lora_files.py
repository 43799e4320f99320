"""LoRA files in the host's folders: listed, found, published."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import folder_paths

from ...trainer.errors import RunError
from .folders import WEIGHTS, name_fault

_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Published:
    """`name` is the one that LoraLoader lists; `note` tells of another name than asked for, or of what was replaced."""

    name: str
    note: str = ""


def loras() -> list[str]:
    """LoRA files by the names that LoraLoader lists them by."""
    return [name for name in folder_paths.get_filename_list("loras") if name.lower().endswith(WEIGHTS)]


def lora_path(listed: str) -> Path:
    """Where a LoRA that the host lists lies."""
    return Path(folder_paths.get_full_path_or_raise("loras", listed))


def publish_lora(source: Path, name: str, preview: Path | None = None, replaces: Sequence[Path] = ()) -> Published:
    """Copy a checkpoint into the host's loras folder, whole or not at all.

    Another file of the name stays and `name_2` is taken, unless it is a copy of one of `replaces`. `preview` lies
    beside the copy, where the host's model library looks for a picture.
    """
    if fault := name_fault(name):
        raise RunError(fault)
    for number in count(1):
        listed = _listed(name if number == 1 else f"{name}_{number}")
        note = "" if number == 1 else f"{_listed(name)} is another LoRA, so this one is {listed}."
        there = folder_paths.get_full_path("loras", listed)
        if there is None:
            _write(Path(folder_paths.get_folder_paths("loras")[0]) / listed, source, preview)
            return Published(name=listed, note=note)
        if _are_alike(Path(there), source):
            return Published(name=listed, note=note)
        if before := next((path for path in replaces if _are_alike(Path(there), path)), None):
            Path(there).with_suffix(".png").unlink(missing_ok=True)
            _write(Path(there), source, preview)
            return Published(name=listed, note=f"{note} It replaces {before.name}.".strip())
    raise AssertionError("there is always another number")


def _listed(name: str) -> str:
    return str(Path("likeness") / f"{name}{WEIGHTS}")


def _write(target: Path, source: Path, preview: Path | None) -> None:
    from ...trainer.storage.atomic import write_atomically

    picture = target.with_suffix(".png")
    try:
        write_atomically(target, source.read_bytes())
        if preview is not None and not picture.exists():
            write_atomically(picture, preview.read_bytes())
    except OSError as error:
        raise RunError(f"{target} cannot be written: {error.strerror or error}. The run keeps {source}.") from error


def _are_alike(one: Path, other: Path) -> bool:
    """Whether two files have the same contents."""
    if not other.is_file() or one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as left, other.open("rb") as right:
        return all(chunk == right.read(_CHUNK) for chunk in iter(lambda: left.read(_CHUNK), b""))
