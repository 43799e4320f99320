"""LoRA files of the host's folders by names and patterns that a user writes, one a line."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from ...trainer.errors import RunError, shortened
from .folders import WEIGHTS
from .lora_files import lora_path, loras

_PATTERN = frozenset("*?[")
_REMARK = "#"


def named_loras(text: str) -> list[str]:
    """The host's names of all files that the lines mean, each once, line by line.

    A line is a name as LoraLoader lists it, with or without its ending; a pattern with `*`, `?` or `[…]`; or a folder
    with a slash at its end. Lines are compared with what the host lists and lead nowhere else. RunError for one that
    means no file.
    """
    listed = loras()
    found = [name for line in _lines(text) for name in _meant(line, listed)]
    return list(dict.fromkeys(found))


def lora_paths(text: str) -> list[Path]:
    """Where the files of `named_loras` lie."""
    return [lora_path(name) for name in named_loras(text)]


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        plain = line.partition(_REMARK)[0].strip()
        if plain:
            yield plain


def _meant(line: str, listed: list[str]) -> list[str]:
    wanted = f"{line}*" if _plain(line).endswith("/") else line
    is_pattern = bool(_PATTERN & set(wanted))
    found = [name for name in listed if _fits(_plain(name), _plain(wanted), is_pattern)]
    if not found:
        raise RunError(
            f"No LoRA of models/loras is {shortened(line)!r}; write names as LoraLoader lists them, or a pattern like "
            "likeness/sage*, one a line, and press R after adding files."
        )
    return found


def _fits(name: str, wanted: str, is_pattern: bool) -> bool:
    spelled = (wanted, f"{wanted}{WEIGHTS}")
    return name in spelled or (is_pattern and any(fnmatchcase(name, each) for each in spelled))


def _plain(name: str) -> str:
    """With slashes, as the host lists them elsewhere than on Windows."""
    return name.replace("\\", "/")
