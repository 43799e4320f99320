"""LoRA files in the host's folders: listed, found, published."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import folder_paths

from ...trainer.errors import LikenessError, RunError
from ...trainer.identity.presets import IDENTITY_ENDING
from ...trainer.storage.atomic import create_atomically, write_atomically
from ...trainer.storage.tensor_metadata import with_metadata
from .folders import WEIGHTS, unlinked
from .published import Published, is_copy, publish

if TYPE_CHECKING:
    from ...trainer.scoring.report.manager_info import Example

NOTHING = "nothing"
"""The choice of no LoRA to start from."""
_FOLDER = "likeness"
_CARD = ".md"
_OWN = "<!-- written by Choose checkpoint; take this line out, and the text stays as it is -->"


@dataclass(frozen=True, kw_only=True)
class PublishedLora:
    """`name` is the one that LoraLoader lists; `note` tells of another name than asked for, or of what was replaced."""

    name: str
    note: str = ""


def loras() -> list[str]:
    """LoRA files by the names that LoraLoader lists them by, without the identities that lie beside them."""
    names = [name for name in folder_paths.get_filename_list("loras") if name.lower().endswith(WEIGHTS)]
    return [name for name in names if not name.lower().endswith(IDENTITY_ENDING)]


def lora_path(listed: str) -> Path:
    """Where a LoRA that the host lists lies; RunError for any other name."""
    path = folder_paths.get_full_path("loras", listed)
    if path is None:
        raise RunError(f"There is no LoRA {listed!r} in models/loras; choose another, or press R.")
    return Path(path)


def loras_of_run(name: str) -> list[str]:
    """LoRAs in our folder that say they are of that run, by the names that LoraLoader lists them by: what a comparison
    chose first, then the last checkpoint."""
    from ...trainer.storage.tensor_header import read_header

    found: list[tuple[bool, str]] = []
    for listed in loras():
        place = Path(listed.replace("\\", "/"))
        if place.parent.name != _FOLDER or not place.name.startswith(name):
            continue
        try:
            said = read_header(lora_path(listed)).metadata
        except (LikenessError, OSError):
            continue
        if said.get("ss_output_name") == name or said.get("ss_output_name", "").startswith(f"{name}_average"):
            found.append(("likeness_choice" not in said, listed))
    return [listed for _, listed in sorted(found)]


def start_fault(choice: str) -> str | None:
    """What is wrong with a choice of a LoRA to start from; None when nothing is."""
    if choice == NOTHING or choice in loras():
        return None
    return f"There is no LoRA {choice!r} in models/loras; choose another to start from, or {NOTHING!r}."


def start_path(choice: str) -> Path | None:
    """Where the LoRA to start from lies; None for none."""
    return None if choice == NOTHING else lora_path(choice)


def publish_lora(  # noqa: PLR0913
    source: Path,
    name: str,
    preview: Path | None = None,
    replaces: Sequence[Path] = (),
    metadata: Mapping[str, str] | None = None,
    card: str = "",
    examples: Sequence[Example] | None = None,
) -> PublishedLora:
    """Copy a checkpoint into the host's loras folder by the rule of `publish`, with `metadata` added to its own.

    `replaces` are checkpoints and pictures of the same work. `preview` lies beside the copy, where the host's model
    library looks for a picture, and so does `card`, a text in Markdown, and, with `examples`, what LoRA managers read:
    the trigger, and these pictures with their prompts. What is not of the same work stays.
    """
    roots = [Path(root) for root in folder_paths.get_folder_paths("loras")]
    folder = unlinked(roots[0], _FOLDER)
    try:
        data = with_metadata(source, metadata) if metadata else source.read_bytes()
        done = publish([folder, *(root / _FOLDER for root in roots[1:])], name, {WEIGHTS: data}, replaces)
        if done.is_new:
            _put_preview(folder / f"{done.stem}.png", preview, replaces)
        if card:
            _put_card(folder / f"{done.stem}{_CARD}", card)
        if examples is not None:
            _put_info(folder / f"{done.stem}{WEIGHTS}", examples)
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


def _put_card(path: Path, card: str) -> None:
    """One that was written here before is replaced; anybody's else stays."""
    if os.path.lexists(path) and (path.is_symlink() or not _is_own_card(path)):
        return
    write_atomically(path, f"{card.rstrip()}\n\n{_OWN}\n".encode())


def _is_own_card(path: Path) -> bool:
    try:
        return path.read_text(encoding="utf-8").rstrip().endswith(_OWN)
    except (OSError, ValueError):
        return False


def _put_info(lora: Path, examples: Sequence[Example]) -> None:
    """One that was written here before is replaced; a manager's own, or one that a person has made theirs, stays."""
    from ...trainer.scoring.report.manager_info import ENDING, manager_info

    path = lora.with_name(f"{lora.stem}{ENDING}")
    if os.path.lexists(path) and (path.is_symlink() or not _is_own_info(path)):
        return
    info = manager_info(lora, examples)
    write_atomically(path, (json.dumps(info, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass"))


def _is_own_info(path: Path) -> bool:
    from ...trainer.scoring.report.manager_info import OWN, OWN_WORDS

    try:
        kept: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(kept, dict) and kept.get(OWN) == OWN_WORDS


def _note(name: str, done: Published) -> str:
    listed = Path(_FOLDER) / f"{done.stem}{WEIGHTS}"
    taken = f"{Path(_FOLDER) / done.taken} is another LoRA and stays, so this one is {listed}." if done.taken else ""
    replaced = f"It replaces {done.replaced[0].name}." if done.replaced else ""
    return " ".join(part for part in (taken, replaced) if part)
