"""LoRA files in the host's folders: listed, found, published."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import folder_paths

from ...trainer.errors import RunError
from ...trainer.storage.atomic import create_atomically
from .folders import WEIGHTS, unlinked
from .published import Published, is_copy, publish

NOTHING = "nothing"
"""The choice of no LoRA to start from."""
_FOLDER = "likeness"


@dataclass(frozen=True, kw_only=True)
class PublishedLora:
    """`name` is the one that LoraLoader lists; `note` tells of another name than asked for, or of what was replaced."""

    name: str
    note: str = ""


def loras() -> list[str]:
    """LoRA files by the names that LoraLoader lists them by."""
    return [name for name in folder_paths.get_filename_list("loras") if name.lower().endswith(WEIGHTS)]


def lora_path(listed: str) -> Path:
    """Where a LoRA that the host lists lies; RunError for any other name."""
    path = folder_paths.get_full_path("loras", listed)
    if path is None:
        raise RunError(f"There is no LoRA {listed!r} in models/loras; choose another, or press R.")
    return Path(path)


def start_fault(choice: str) -> str | None:
    """What is wrong with a choice of a LoRA to start from; None when nothing is."""
    if choice == NOTHING or choice in loras():
        return None
    return f"There is no LoRA {choice!r} in models/loras; choose another to start from, or {NOTHING!r}."


def start_path(choice: str) -> Path | None:
    """Where the LoRA to start from lies; None for none."""
    return None if choice == NOTHING else lora_path(choice)


def publish_lora(source: Path, name: str, preview: Path | None = None, replaces: Sequence[Path] = ()) -> PublishedLora:
    """Copy a checkpoint into the host's loras folder by the rule of `publish`.

    `replaces` are checkpoints and samples of the same run. `preview` lies beside the copy, where the host's model
    library looks for a picture; a picture that is not of the run stays.
    """
    roots = [Path(root) for root in folder_paths.get_folder_paths("loras")]
    folder = unlinked(roots[0], _FOLDER)
    try:
        done = publish(
            [folder, *(root / _FOLDER for root in roots[1:])], name, {WEIGHTS: source.read_bytes()}, replaces
        )
        if done.is_new:
            _put_preview(folder / f"{done.stem}.png", preview, replaces)
    except OSError as error:
        raise RunError(
            f"{error.filename or folder} cannot be written: {error.strerror or error}. The run keeps {source}."
        ) from error
    return PublishedLora(name=str(Path(_FOLDER) / f"{done.stem}{WEIGHTS}"), note=_note(name, done))


def _put_preview(picture: Path, preview: Path | None, own: Sequence[Path]) -> None:
    if not picture.is_symlink() and any(is_copy(picture, sample) for sample in own):
        picture.unlink()
    if preview is not None and not os.path.lexists(picture):
        create_atomically(picture, preview.read_bytes())


def _note(name: str, done: Published) -> str:
    listed = Path(_FOLDER) / f"{done.stem}{WEIGHTS}"
    taken = f"{Path(_FOLDER) / done.taken} is another LoRA and stays, so this one is {listed}." if done.taken else ""
    replaced = f"It replaces {done.replaced[0].name}." if done.replaced else ""
    return " ".join(part for part in (taken, replaced) if part)
