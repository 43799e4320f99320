"""The rows of `table.toml`: each model, its files where their makers publish them, its terms, and where it belongs."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

Use = Literal["any", "conditions", "non-commercial"]
_TABLE = Path(__file__).with_name("table.toml")


@dataclass(frozen=True, kw_only=True)
class ModelFile:
    """`name` is the one that it is saved under, `link` leads to the file or its page; `bytes` 0: not known."""

    name: str
    link: str
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Model:
    """`folder` is below the models folder, `page` the publisher's own; `check` says how it is looked for."""

    check: str
    group: str
    title: str
    what: str
    licence: str
    use: Use
    folder: str
    page: str
    files: tuple[ModelFile, ...]
    note: str = ""

    @property
    def bytes(self) -> int:
        """Of all files together; 0 where the largest is not known."""
        return sum(file.bytes for file in self.files) if self.is_size_known else 0

    @property
    def is_size_known(self) -> bool:
        """Lists of words and settings beside a network weigh nothing."""
        heavy = [file for file in self.files if not file.name.endswith((".json", ".csv", ".txt"))]
        return all(file.bytes for file in heavy)


@cache
def models() -> tuple[Model, ...]:
    """All rows, group by group."""
    data = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    return tuple(_model(row) for row in data["model"])


def _model(row: Mapping[str, Any]) -> Model:
    told: dict[str, Any] = {**row, "files": tuple(ModelFile(**file) for file in row["files"])}
    return Model(**told)


def size_words(size: int) -> str:
    """`1.3 GB`, `231 MB`, `147 bytes`; "size not known" for 0."""
    if not size:
        return "size not known"
    for unit, least, digits in (("GB", 1e9, 1), ("MB", 1e6, 0), ("kB", 1e3, 0)):
        if size >= least:
            return f"{size / least:.{digits}f} {unit}"
    return f"{size} bytes"
