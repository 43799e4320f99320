"""Anybody's LoRA files as candidates: which step each was saved at, and what to call it."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import ModelError, RunError, few, shortened
from ...storage.tensor_header import read_header
from .candidate import Candidate

_STEP = re.compile(r"^(?:(?P<stem>.*?)[-_. ])?(?:steps?|save)[-_. ]?(?P<number>\d+)(?:-\d+){0,2}$", re.IGNORECASE)
_EPOCH = re.compile(r"^(?:(?P<stem>.*?)[-_. ])?(?:epochs?|ep|e)[-_. ]?(?P<number>\d+)$", re.IGNORECASE)
_BARE = re.compile(r"^(?P<stem>.*?)(?P<mark>[-_. ]?)(?P<number>\d+)$")
_FOLDER = re.compile(r"^checkpoint[-_](?P<number>\d+)$")
_READABLE = 60
_PADDED = 6
"""Digits from which a bare number is no version: kohya counts epochs with six, ai-toolkit steps with nine."""


@dataclass(frozen=True)
class _Name:
    """A file's name without its number; the number, and what it counts: "Step", "Epoch", "" for a bare one."""

    path: Path
    stem: str
    number: int | None = None
    counts: str = ""


def candidates_of_files(paths: Sequence[Path], strength: float | None = None) -> tuple[Candidate, ...]:
    """Files as columns, by step: as metadata tells it, else as the name does; files without any come last, by name.

    Spellings of kohya (`-000004` counts epochs, `-step00000500` steps), ai-toolkit (`_000001500`), OneTrainer
    (`-save-1200-8-0`), PEFT and SimpleTuner (`checkpoint-500/`) and ours are known. RunError for one file named twice.
    """
    twice = [str(path) for path, count in Counter(path.resolve() for path in paths).items() if count > 1]
    if twice:
        raise RunError(f"{few(twice)} is named twice; compare each file once.")
    names = _told([_named(path) for path in paths])
    labels = _labels(names)
    made = [
        Candidate(label=label, path=each.path, step=_step(each), strength=strength)
        for each, label in zip(names, labels, strict=True)
    ]
    return tuple(sorted(made, key=lambda each: each.order))


def _named(path: Path) -> _Name:
    if found := _FOLDER.match(path.name if path.is_dir() else path.parent.name):
        folder = path if path.is_dir() else path.parent
        return _Name(path, folder.parent.name, int(found["number"]), "Step")
    stem = path.name if path.is_dir() else path.stem
    for pattern, counts in ((_STEP, "Step"), (_EPOCH, "Epoch")):
        if found := pattern.match(stem):
            return _Name(path, found["stem"] or "", int(found["number"]), counts)
    if (found := _BARE.match(stem)) and found["mark"]:
        digits = found["number"]
        counts = "Epoch" if found["mark"] == "-" and len(digits) == _PADDED else "Step" if len(digits) > 8 else ""
        return _Name(path, found["stem"], int(digits), counts)
    return _Name(path, stem)


def _told(names: Sequence[_Name]) -> list[_Name]:
    """Bare short numbers count where several files share the rest of their names; alone they may be a version."""
    rows = Counter(each.stem for each in names)
    return [
        each if each.counts or each.number is None or rows[each.stem] > 1 else _Name(each.path, each.path.stem)
        for each in names
    ]


def _labels(names: Sequence[_Name]) -> list[str]:
    """The shortest that tell them apart: numbers where all are of one name, else names, else with their folders."""
    whole = [each.path.name if each.path.is_dir() else each.path.stem for each in names]
    numbered = [f"{each.counts or 'Number'} {each.number}" if each.number is not None else each.stem for each in names]
    folders = [f"{each.path.parent.name}/{name}" for each, name in zip(names, whole, strict=True)]
    short = [shortened(name, _READABLE) for name in whole]
    if len(names) > 1 and len({each.stem for each in names}) == 1 and len(set(numbered)) == len(names):
        return numbered
    for labels in (short, whole, folders):
        if len(set(labels)) == len(labels):
            return labels
    return [each.path.as_posix() for each in names]


def _step(name: _Name) -> int | None:
    """By metadata, whose steps are steps whatever the name counts."""
    try:
        told = read_header(name.path).metadata
    except ModelError:
        # A folder of PEFT's, or what is refused by its name when the comparison looks at all of its files.
        return name.number
    if (steps := told.get("ss_steps", "")).isdigit() and int(steps):
        return int(steps)
    if name.number is None and (epoch := told.get("ss_epoch", "")).isdigit():
        return int(epoch)
    return name.number
