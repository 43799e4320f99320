"""Who draws and who reads, and where what they make lies."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..faces.face import AttributeReader, FaceReader
from ..generate.shot import Generator
from .reading.descriptor import Descriptor


def _nothing() -> None:
    """Of a generator that holds nothing."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Tools:
    """Who draws, who reads, and the folder for pictures and report. Readers are optional, each for itself.

    `base` names what the generator draws with (a base's sha256) and must change with it: pictures are kept under it.
    `base_name` and `precision` are for people, `family` is its family's title, by which other families' LoRAs are told.
    `release` frees the base before pictures are read; the generator loads it again when it is asked to draw.
    """

    generator: Generator
    faces: FaceReader | None
    attributes: AttributeReader | None = None
    out: Path
    base: str = ""
    descriptor: Descriptor | None = None
    base_name: str = ""
    precision: str = ""
    family: str = ""
    release: Callable[[], None] = _nothing
