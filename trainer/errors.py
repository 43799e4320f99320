"""Everything that can go wrong, in one tree.

LikenessError
├── DatasetError   images, captions, folders
├── RecipeError    settings that cannot work
├── ModelError     base models and LoRA files
├── FaceError      face readers
├── RunError       run folders: in use, unwritable, full
├── DiskError      any other file that the system does not let us write or read; an OSError too
├── Echo           what another process of the same run says too
└── Cancelled      the user asked to stop; what was made is saved
"""

import errno
import sys
from collections.abc import Sequence

MOST_SAID = 4000
"""Letters of one error: what others put into a file may be of any length, and the page keeps what it is sent."""
_MOST_FAULTS, _PARAGRAPH = 30, 600


def pip_install(packages: str) -> str:
    """The command that puts packages into the very Python that runs: a ComfyUI mostly has one of its own."""
    return f'`"{sys.executable}" -m pip install {packages}`'


class LikenessError(Exception):
    """A sentence for the user: what, where, and how to fix it. One that is longer than can be read is cut."""

    __module__ = "likeness"
    """Hosts put it before the sentence, and as a custom node its own is the path of a file."""

    def __init__(self, said: str = "") -> None:
        # Half a letter, as JSON can spell one, would be a fault wherever the sentence is written or sent.
        super().__init__(shortened(said, MOST_SAID).encode("utf-8", "replace").decode("utf-8"))

    def __init_subclass__(cls) -> None:
        cls.__module__ = "likeness"

    @classmethod
    def all_of(cls, faults: Sequence[str]) -> "LikenessError":
        """One error that names every fault, so that the user mends them in one go."""
        if len(faults) == 1:
            return cls(faults[0])
        return cls("\n".join(listed([f"{n}. {fault}" for n, fault in enumerate(faults, 1)], _MOST_FAULTS)))


def shortened(words: str, most: int = 120) -> str:
    """`words` with their middle left out where they are longer than `most` letters: the end tells names apart."""
    if len(words) <= most:
        return words
    return f"{words[: most - most // 4 - 1]}…{words[-(most // 4) :]}"


def few(names: Sequence[str], most: int = 5) -> str:
    """A few of the names, none too long, and how many more there are."""
    more = len(names) - most
    return ", ".join(shortened(name) for name in names[:most]) + (f" and {more} more" if more > 0 else "")


def listed(lines: Sequence[str], most: int = 50) -> list[str]:
    """At most so many lines, none longer than a paragraph, and how many there are beyond."""
    return [*(shortened(line, _PARAGRAPH) for line in lines[:most]), *more_of(len(lines) - most)]


def more_of(count: int) -> tuple[str, ...]:
    """The line beneath a list that was cut: how many are not in it; () when all are."""
    return (f"and {count:,} more, not listed.",) if count > 0 else ()


class DatasetError(LikenessError):
    """Images, captions or folders that cannot be used."""


class RecipeError(LikenessError):
    """Settings that cannot work, alone or together."""


class ModelError(LikenessError):
    """A base model or LoRA file that is not what it should be."""


class FaceError(LikenessError):
    """A face reader that is missing or cannot read."""


class RunError(LikenessError):
    """A run folder that is in use, unwritable or full."""


class Echo(LikenessError):
    """What ends a run of several processes, in those that need not say it: the first one does."""


class DiskError(LikenessError, OSError):
    """What the system refused over a file, in words; whoever expects an OSError catches it still."""

    def __init__(self, fault: OSError, where: object = None) -> None:
        OSError.__init__(self, fault.errno, fault.strerror, fault.filename)
        self._said = shortened(refusal(fault, where), MOST_SAID)

    def __str__(self) -> str:
        return self._said


def refusal(fault: OSError, where: object = None) -> str:
    """A sentence on what the system refused: which file, why, and how to mend it."""
    place = where or fault.filename or "A file"
    if fault.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full: {place} could not be written. Free some space and run this again."
    if fault.errno == errno.ENAMETOOLONG:
        return f"The name {shortened(str(place))} is too long for this disk; choose a shorter one."
    why = fault.strerror or str(fault) or type(fault).__name__
    return f"{place} cannot be used: {why}. See that it is there and that you may read and write it."


class Cancelled(LikenessError):
    """The user asked to stop."""
