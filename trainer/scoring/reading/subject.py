"""Whom a comparison looks for, and the scale its pictures are held against."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ...dataset.sample import Sample
from ...dataset.sample_pixels import open_sample
from ...errors import Cancelled
from ...faces.choose import FaceChoice, choose_face
from ...faces.face import Face
from ...faces.frequent import choice_over
from ...faces.identity import CharacterIdentity
from ...faces.metric import COSINE
from ...faces.outliers import FaceEmbedding
from ...images.pixels import pixel_sha256
from ...runtime.work import Ask, never
from ..plan.compare_plan import ComparePlan
from .observation import Scale
from .readers import Picture, PictureReader, Readers, Seen

_SURE = 4
"""Reference faces from which the likeness that real pictures reach is more than chance."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """`references` are real pictures held out of training, `training` those trained on.

    `others` are embeddings of other people by the same face reader, (n, d), or None when none are known, (0, d) too.
    """

    trigger: str
    references: tuple[Sample, ...]
    training: tuple[Sample, ...] = ()
    others: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.others is not None and not len(self.others):
            object.__setattr__(self, "others", None)

    def key_parts(self) -> dict[str, object]:
        """What a report's key must hold of it: pixels and embeddings by content."""
        others = "" if self.others is None else hashlib.sha256(np.ascontiguousarray(self.others).tobytes()).hexdigest()
        return {
            "trigger": self.trigger,
            "references": [pixel_sha256(open_sample(sample)) for sample in self.references],
            "training": [pixel_sha256(open_sample(sample)) for sample in self.training],
            "others": others,
        }


def scale_of(
    subject: Subject, plan: ComparePlan, readers: Readers, reader: PictureReader, cancelled: Ask = never
) -> tuple[Scale, tuple[str, ...]]:
    """The scale and notes on its weak points; without a face to be like, identity has none.

    Raises Cancelled between pictures; what was read of them by then is kept.
    """
    references = subject.references or subject.training
    notes: list[str] = []
    faces = _faces_in(references, reader, cancelled) if readers.measure_identity else []
    known, character = _character(faces, readers)
    if character is None:
        notes.append(_unknown(len(references), readers))
    elif not subject.references:
        notes.append(
            "No pictures were held out: scores are against training pictures, which flatters memorising. The top of "
            "the scale is each training picture against the rest."
        )
    elif both := {each.sha256 for each in subject.references} & {each.sha256 for each in subject.training}:
        notes.append(
            f"{len(both)} of {len(subject.references)} reference pictures were trained on too: scores are against "
            "training pictures there, which flatters memorising. Give pictures that were held out."
        )
    if character is not None and (faceless := sum(face is None for face in known)):
        notes.append(f"{faceless} of {len(references)} reference pictures have no face to score.")
    reference = None if character is None else character.self_likeness()
    if character is not None and reference is None:
        notes.append("One reference face gives no upper end of the scale; hold out two or more.")
    elif character is not None and (count := sum(face is not None for face in known)) < _SURE:
        notes.append(f"{count} reference faces leave the upper end of the scale uncertain; hold out {_SURE} or more.")
    scale = Scale(
        probes=plan.probes,
        character=np.zeros(0) if character is None else character.centroid,
        reference=reference,
        others=None if character is None else subject.others,
        faces=[_embedding(face) for face in known if face is not None and face.embedding.size],
        metric=readers.faces.metric if readers.faces else COSINE,
        descriptor=readers.descriptor,
    )
    seen: list[Seen] = []
    for each in reader.read([_picture(sample) for sample in subject.training], choice_of(scale)):
        _stop_if(cancelled)
        seen.append(each)
    reader.save()
    described = [each.described for each in seen if each.described is not None]
    return replace(
        scale, training=[each.small for each in seen], described=described, words=[each.words for each in seen]
    ), tuple(notes)


def choice_of(scale: Scale) -> FaceChoice:
    """The face most like the character; the largest where it is not known."""
    if not scale.is_known:
        return FaceChoice()
    return FaceChoice(policy="character", character=scale.character, metric=scale.metric)


def _character(faces: Sequence[Sequence[Face]], readers: Readers) -> tuple[list[Face | None], CharacterIdentity | None]:
    """Of each reference the character's face, and what these have in common; None where no picture shows one."""
    if readers.faces is None or not readers.measure_identity:
        return [], None
    metric = readers.faces.metric
    how = choice_over(faces, readers.faces.same_person, metric)
    # Neither of its choices asks how large the picture is.
    known = [choose_face(seen, (1, 1), how) for seen in faces]
    rows = [None if face is None else np.asarray(face.embedding, dtype=np.float64) for face in known]
    return known, CharacterIdentity.of(rows, metric)


def _faces_in(samples: Sequence[Sample], reader: PictureReader, cancelled: Ask) -> list[list[Face]]:
    found: list[list[Face]] = []
    try:
        for sample in samples:
            _stop_if(cancelled)
            found.append(reader.faces(_picture(sample)))
    finally:
        reader.save()
    return found


def _stop_if(cancelled: Ask) -> None:
    if cancelled():
        raise Cancelled("Stopped while the pictures of the character were read; run again to go on from there.")


def _embedding(face: Face) -> FaceEmbedding:
    return FaceEmbedding(embedding=np.asarray(face.embedding, np.float64), yaw=face.yaw, pitch=face.pitch)


def _picture(sample: Sample) -> Picture:
    return Picture(key=f"{sample.sha256} {sample.matte}", opens=partial(open_sample, sample))


def _unknown(count: int, readers: Readers) -> str:
    """Why there is nobody to be like."""
    if readers.faces is None:
        return "No face reader is used, so identity is not measured; the rest is."
    if not readers.measure_identity:
        return f"{readers.faces.name} finds faces and tells nobody from another, so identity is not measured."
    if not count:
        return (
            "There are no pictures of the character to be like, so identity is not measured; give some as references."
        )
    return (
        f"{readers.faces.name} finds no face in the {count} reference pictures, so identity is not measured; hold out "
        "clear portraits of a kind that it reads: the demo reader knows drawn faces only."
    )
