"""Who reads a comparison's pictures, by the choice on the node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...trainer.errors import FaceError
from ..readers import AUTO, DEMO_DRAWINGS, NO_READER, readers_of
from .compare_inputs import DEMO_READER

if TYPE_CHECKING:
    from ...trainer.dataset.dataset import Dataset

_LOOKED_AT = 6


@dataclass(frozen=True, kw_only=True)
class ComparisonReaders:
    """Each is optional. `others` are embeddings of other people by the same reader; `note` is to be told."""

    faces: Any = None
    attributes: Any = None
    descriptor: Any = None
    others: Any = None
    note: str = ""


def readers_for(choice: str, dataset: Dataset, is_demo: bool | None) -> ComparisonReaders:
    """`is_demo` tells whether the base is one of the demo's, None where nobody knows.

    FaceError for a reader that is not there, and for the demo's where it cannot read the character's pictures.
    """
    from ...trainer.demo.assets import other_people
    from ...trainer.scoring.reading.descriptors.own import OwnDescriptor

    wants_demo = choice in (DEMO_READER, DEMO_DRAWINGS) or (choice == AUTO and bool(is_demo))
    if not wants_demo:
        found = readers_of(choice, None, dataset)
        note = found.missing or found.note
        return ComparisonReaders(faces=found.faces, attributes=found.attributes, descriptor=OwnDescriptor(), note=note)
    reader = readers_of(DEMO_DRAWINGS, None, dataset).faces
    if is_demo is not True:
        _refuse_photographs(reader, dataset, is_demo)
    return ComparisonReaders(faces=reader, attributes=reader, descriptor=OwnDescriptor(), others=other_people())


def _refuse_photographs(reader: Any, dataset: Dataset, is_demo: bool | None) -> None:
    """The demo's reader is what the node starts with: told before hundreds of pictures are drawn, not after."""
    from ...trainer.dataset.sample_pixels import open_sample

    samples = (dataset.held_out or dataset.samples)[:_LOOKED_AT]
    if is_demo is None and any(reader.faces(open_sample(sample)) for sample in samples):
        return
    why = "this base is none of the demo's" if is_demo is False else "it finds no face in the references"
    raise FaceError(
        f"The demo reader knows drawn faces only, and {why}: set reader to {AUTO!r} or to the one you have, or to "
        f"{NO_READER!r} to compare without identity."
    )
