"""What every command is made of: arguments hung under the parser, and files written where the options say."""

from argparse import ArgumentParser
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from ..errors import LikenessError
from ..storage.atomic import write_atomically

Figures = dict[str, Any]
"""What a command prints as its last line, JSON."""


class AddParser(Protocol):
    """Adds a command, or a verb of one, to the parser above it."""

    def __call__(self, name: str, *, help: str) -> ArgumentParser: ...


def write_text(path: Path, text: str) -> None:
    write_atomically(path, text.encode())


@contextmanager
def in_repository(what: str) -> Generator[None]:
    """Around the import of what the registry's package leaves out: a sentence where it is not there."""
    try:
        yield
    except ModuleNotFoundError as error:
        if not str(error.name).startswith(__name__.partition(".")[0]):
            raise
        raise LikenessError(f"{what} are not in the registry's package; clone the project's repository.") from error
