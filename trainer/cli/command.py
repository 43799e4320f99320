"""What every command is made of: arguments hung under the parser, and files written where the options say."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Protocol

from ..storage.atomic import write_atomically

Figures = dict[str, Any]
"""What a command prints as its last line, JSON."""


class AddParser(Protocol):
    """Adds a command, or a verb of one, to the parser above it."""

    def __call__(self, name: str, *, help: str) -> ArgumentParser: ...


def write_text(path: Path, text: str) -> None:
    write_atomically(path, text.encode())
