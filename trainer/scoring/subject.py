"""Whom a comparison looks for, and the scale its pictures are held against."""

import hashlib
from dataclasses import dataclass

import numpy as np

from ..dataset.sample import Sample
from ..dataset.sample_pixels import open_sample
from ..errors import FaceError
from ..faces.frequent import embeddings_of_character
from ..faces.identity import CharacterIdentity
from ..images.pixels import pixel_sha256
from .measures.variety import small
from .observation import Scale
from .plan import ComparePlan
from .readers import Readers


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """`references` are real pictures held out of training, `training` those trained on.

    `others` are unit embeddings of other people by the same face reader, (n, d), or None when none are known.
    """

    trigger: str
    references: tuple[Sample, ...]
    training: tuple[Sample, ...] = ()
    others: np.ndarray | None = None

    def key_parts(self) -> dict[str, object]:
        """What a report's key must hold of it: pixels and embeddings by content."""
        others = "" if self.others is None else hashlib.sha256(np.ascontiguousarray(self.others).tobytes()).hexdigest()
        return {
            "trigger": self.trigger,
            "references": [pixel_sha256(open_sample(sample)) for sample in self.references],
            "training": [pixel_sha256(open_sample(sample)) for sample in self.training],
            "others": others,
        }


def scale_of(subject: Subject, plan: ComparePlan, readers: Readers) -> tuple[Scale, tuple[str, ...]]:
    """The scale and notes on its weak points. FaceError when no reference picture shows a face."""
    references = subject.references or subject.training
    notes: list[str] = []
    if not subject.references:
        notes.append("No pictures were held out: scores are against training pictures, which flatters memorising.")
    seen = [readers.faces_in(open_sample(sample)) for sample in references]
    found = embeddings_of_character(seen, readers.faces.same_person)
    known = [None if face is None else np.asarray(face, dtype=np.float64) for face in found]
    character = CharacterIdentity.of(known)
    if character is None:
        raise FaceError(
            f"{readers.faces.name} finds no face in the {len(references)} reference pictures; hold out clear portraits "
            "of a kind that it reads: the demo reader knows drawn faces only."
        )
    if faceless := sum(embedding is None for embedding in known):
        notes.append(f"{faceless} of {len(references)} reference pictures have no face to score.")
    reference = character.self_likeness()
    if reference is None:
        notes.append("One reference face gives no upper end of the scale; hold out two or more.")
    scale = Scale(
        probes=plan.probes,
        character=character.centroid,
        reference=reference,
        others=subject.others,
        training=[small(open_sample(sample)) for sample in subject.training],
    )
    return scale, tuple(notes)
