"""LoRA files of the host's folders by names and patterns that a user writes, one a line or with commas between."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from ...trainer.errors import RunError, shortened
from .folders import WEIGHTS
from .lora_files import lora_path, loras

_PATTERN = frozenset("*?[")
_REMARK = "#"


def named_loras(text: str) -> list[str]:
    """The host's names of all files that the text means, each once, in its order.

    A part is a name as LoraLoader lists it, with or without its ending; a pattern with `*`, `?` or `[…]`; or a folder
    with a slash at its end. Parts are compared with what the host lists and lead nowhere else. RunError for one that
    means no file.
    """
    listed = loras()
    found = [name for part in _parts(text, listed) for name in _meant(part, listed)]
    return list(dict.fromkeys(found))


def lora_paths(text: str) -> list[Path]:
    """Where the files of `named_loras` lie."""
    return [lora_path(name) for name in named_loras(text)]


def _parts(text: str, listed: Sequence[str]) -> Iterator[str]:
    """Names may have commas inside: a line that is one as it stands is not taken apart."""
    for line in (line.partition(_REMARK)[0].strip() for line in text.splitlines()):
        is_name = any(_fits(_plain(name), _plain(line), False) for name in listed)
        yield from (part for each in ([line] if is_name else line.split(",")) if (part := each.strip()))


def _meant(part: str, listed: Sequence[str]) -> list[str]:
    wanted = f"{part}*" if _plain(part).endswith("/") else part
    is_pattern = bool(_PATTERN & set(wanted))
    found = [name for name in listed if _fits(_plain(name), _plain(wanted), is_pattern)]
    if not found:
        raise RunError(
            f"No LoRA of models/loras is {shortened(part)!r}; write names as LoraLoader lists them, or a pattern like "
            "likeness/sage*, and press R after adding files."
        )
    return found


def _fits(name: str, wanted: str, is_pattern: bool) -> bool:
    spelled = (wanted, f"{wanted}{WEIGHTS}")
    return name in spelled or (is_pattern and any(fnmatchcase(name, each) for each in spelled))


def _plain(name: str) -> str:
    """With slashes, as the host lists them elsewhere than on Windows."""
    return name.replace("\\", "/")
