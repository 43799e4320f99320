"""What a run resumes from: weights, moments and the step, swapped in as one."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from ...errors import RunError
from ...storage.atomic import write_atomically
from ...storage.tensor_file import write_tensors
from ...storage.values import json_value

_STEP = 8
"""Bytes of the step in front of packed tensors."""


def save_state(folder: Path, step: int, tensors: dict[str, Tensor]) -> None:
    """Replace the state in `folder`. Killed at any moment, a whole state is left: this one or the one before."""
    draft, old = _draft(folder), _old(folder)
    shutil.rmtree(draft, ignore_errors=True)
    try:
        write_tensors(draft / "tensors.safetensors", tensors, {})
        write_atomically(draft / "state.json", json.dumps({"step": step}).encode())
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    if folder.exists():
        shutil.rmtree(old, ignore_errors=True)
        folder.replace(old)
    draft.replace(folder)
    shutil.rmtree(old, ignore_errors=True)


def has_state(folder: Path) -> bool:
    """Whether there is a whole state to resume from."""
    return _place(folder) is not None


def load_state(folder: Path) -> tuple[int, dict[str, Tensor]] | None:
    """Step and tensors of the last whole state, None when nothing was saved; RunError when it is damaged."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    place = _place(folder)
    if place is None:
        return None
    try:
        step = int(json_value((place / "state.json").read_text(encoding="utf-8"))["step"])
        tensors = load((place / "tensors.safetensors").read_bytes())
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise RunError(f"The state in {place} is damaged: {error}. Remove the run's folder to start over.") from error
    return step, tensors


def packed_state(state: tuple[int, Mapping[str, Tensor]] | None) -> bytes:
    """What `load_state` gives, as another process can be told it; b"" for None."""
    from safetensors.torch import save

    return b"" if state is None else state[0].to_bytes(_STEP, "little") + save(dict(state[1]))


def unpacked_state(data: bytes) -> tuple[int, dict[str, Tensor]] | None:
    """What was packed."""
    from safetensors.torch import load

    return (int.from_bytes(data[:_STEP], "little"), load(data[_STEP:])) if data else None


def _place(folder: Path) -> Path | None:
    # Killed between its two renames, a save leaves the state before under its old name only.
    return next((path for path in (folder, _old(folder)) if (path / "state.json").is_file()), None)


def _draft(folder: Path) -> Path:
    return folder.with_name(folder.name + ".tmp")


def _old(folder: Path) -> Path:
    return folder.with_name(folder.name + ".old")
