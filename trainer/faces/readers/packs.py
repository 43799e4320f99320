"""InsightFace's model packs: which files they are made of, and where those lie on this machine."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import FaceError


@dataclass(frozen=True)
class Pack:
    """The files of a pack, and the cosine from which two of its faces count as one person.

    Published thresholds for these recognisers run from 0.35 to 0.45 with the security asked for; drawn and rendered
    faces score lower than photographs, so the lower end is taken.
    """

    detector: str
    recogniser: str
    same_person: float = 0.35


PACKS: Mapping[str, Pack] = {
    "buffalo_l": Pack("det_10g.onnx", "w600k_r50.onnx"),
    "antelopev2": Pack("scrfd_10g_bnkps.onnx", "glintr100.onnx"),
}


def pack_folder(pack: str, folders: Sequence[Path]) -> Path:
    """The folder with a pack's detector and recogniser; FaceError names the one that is missing."""
    files = PACKS[pack]
    if not folders:
        raise FaceError(
            f"No folder is set for {pack}; give one that holds {pack}/{files.detector} (its face detector)."
        )
    places = list(_places(pack, folders))
    for name, what in ((files.detector, "face detector"), (files.recogniser, "recogniser")):
        places = [place for place in places if (place / name).is_file()]
        if not places:
            raise FaceError(
                f"{name}, the {what} of {pack}, is missing; put the unpacked {pack}.zip at {folders[0] / pack} (of the "
                "releases of deepinsight/insightface on GitHub, for non-commercial research only)."
            )
    return places[0]


def _places(pack: str, folders: Sequence[Path]) -> Iterator[Path]:
    """A pack's archive unpacks into a folder of its own name, so that it often lies one level deeper than meant."""
    for folder in folders:
        for root in (folder, folder / "models"):
            yield root / pack
            yield root / pack / pack
        if folder.name == pack:
            yield folder
