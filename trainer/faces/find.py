"""Which face readers can be used here, and the one that is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import FaceError
from . import insightface, opencv
from .face import FaceReader
from .onnx_file import Device

Name = Literal["auto", "buffalo_l", "antelopev2", "opencv", "demo"]
ORDER: tuple[Name, ...] = ("buffalo_l", "antelopev2", "opencv")
"""What `auto` tries: the surest identity first. The demo reader knows drawings only and is never chosen unasked."""


@dataclass(frozen=True, kw_only=True)
class FaceFolders:
    """Where model files may lie, the likeliest first: packs in folders of their names, OpenCV's files directly."""

    insightface: tuple[Path, ...] = ()
    opencv: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Offer:
    """A reader by its name for `open_reader`, its licence in a sentence, and what it lacks (None: ready)."""

    name: Name
    licence: str
    lacks: str | None


def face_readers(folders: FaceFolders) -> tuple[Offer, ...]:
    """Every reader, usable or not; looks at file names only."""
    from ..demo.reader import DemoReader

    packs: tuple[Name, ...] = ("buffalo_l", "antelopev2")
    return (
        *(
            Offer(pack, insightface.InsightFaceReader.licence, insightface.missing(pack, folders.insightface))
            for pack in packs
        ),
        Offer("opencv", opencv.OpenCVReader.licence, opencv.missing(folders.opencv)),
        Offer("demo", DemoReader.licence, None),
    )


def open_reader(name: Name, folders: FaceFolders, device: Device = "auto") -> FaceReader:
    """The reader of that name, `auto` being the first of `ORDER` whose files are there.

    Raises FaceError that says what is missing and where it belongs.
    """
    if name == "auto":
        return open_reader(_first(folders), folders, device)
    if name == "opencv":
        return opencv.OpenCVReader(folders.opencv)
    if name == "demo":
        from ..demo.reader import DemoReader

        return DemoReader(Path(__file__).parents[1] / "demo" / "assets")
    if name not in insightface.PACKS:
        raise FaceError(f"There is no face reader {name!r}; use auto, {', '.join(ORDER)} or demo.")
    return insightface.InsightFaceReader(name, folders.insightface, device)


def _first(folders: FaceFolders) -> Name:
    offers: Sequence[Offer] = [offer for offer in face_readers(folders) if offer.name in ORDER]
    for offer in offers:
        if offer.lacks is None:
            return offer.name
    faults = [f"{offer.name}: {offer.lacks}" for offer in offers]
    raise FaceError("No face reader is ready; one of these is enough.\n" + "\n".join(faults))
