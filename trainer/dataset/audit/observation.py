"""What one look at a picture brings home: its facts, its faces and its part in the coverage, but no pixels."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from ...errors import DatasetError
from ...faces.choose import FaceChoice, choose_face
from ...faces.face import AttributeReader, Face, FaceReader
from ...faces.frequent import choice_over
from ...faces.outliers import FaceEmbedding
from ...faces.retry import detect_with_retries
from ..checks.faces import count_faces
from ..checks.facts import Facts
from ..checks.inspect import look
from ..coverage.observe import CoverageRow, observe
from ..sample import FaceMark, Sample


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One picture looked at. `fault`: it cannot be read, and nothing else is known. `faces` counts those that could be
    the subject; None: nobody looked. `seen` are all faces, largest first."""

    facts: Facts | None = None
    fault: str | None = None
    faces: int | None = None
    seen: Sequence[Face] = ()
    mark: FaceMark | None = None
    portrait: FaceEmbedding | None = None
    row: CoverageRow | None = None


class Readers:
    """Looks at pictures from several threads; the readers themselves are asked one picture at a time."""

    def __init__(self, faces: FaceReader | None, attributes: AttributeReader | None, side: int) -> None:
        self._faces, self._attributes, self._side = faces, attributes, side
        self._turn = threading.Lock()

    def observe(self, sample: Sample, choice: FaceChoice | None = None) -> Observation:
        """`choice` says which of several faces is the subject's, else the largest."""
        try:
            facts, image = look(sample, side=self._side)
        except DatasetError as fault:
            return Observation(fault=str(fault))
        with self._turn:
            faces = self._found(image)
            words = self._words(image)
        face = choose_face(faces, image.size, choice) if choice else next(iter(faces), None)
        mark = self._mark(face) or (sample.face if self._faces is None else None)
        return Observation(
            facts=facts,
            faces=None if self._faces is None else count_faces([face.height for face in faces]),
            seen=faces,
            mark=mark,
            portrait=None if face is None else FaceEmbedding(embedding=face.embedding, yaw=face.yaw, pitch=face.pitch),
            row=observe(
                replace(sample, face=mark),
                image,
                reader=self._faces.name if self._faces else None,
                words=words,
                words_by=self._attributes.name if self._attributes else None,
            ),
        )

    def settled(
        self, samples: Sequence[Sample], looks: Sequence[Observation], character: np.ndarray | None = None
    ) -> tuple[Observation, ...]:
        """The looks with the character's face in pictures of several: like the embedding `character`, else like
        the person whom most pictures show. Only where that is not the largest a picture is looked at again."""
        if self._faces is None or not self._faces.measures_identity:
            return tuple(looks)
        if character is not None:
            choice = FaceChoice(policy="character", character=character, metric=self._faces.metric)
        else:
            choice = choice_over([one.seen for one in looks], self._faces.same_person, self._faces.metric)
        return tuple(
            self.observe(sample, choice) if _is_another(sample, one, choice) else one
            for sample, one in zip(samples, looks, strict=True)
        )

    def _found(self, image: Image.Image) -> Sequence[Face]:
        return () if self._faces is None else detect_with_retries(self._faces, image).faces

    def _words(self, image: Image.Image) -> Mapping[str, str]:
        return {} if self._attributes is None else self._attributes.read([image])[0].values

    def _mark(self, face: Face | None) -> FaceMark | None:
        if face is None or self._faces is None:
            return None
        return FaceMark(box=face.box, reader=self._faces.name, yaw=face.yaw, pitch=face.pitch)


def _is_another(sample: Sample, one: Observation, choice: FaceChoice) -> bool:
    return len(one.seen) > 1 and choose_face(one.seen, (sample.width, sample.height), choice) is not one.seen[0]
