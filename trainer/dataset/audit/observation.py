"""What one look at a picture brings home: its facts, its faces and its part in the coverage, but no pixels."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from PIL import Image

from ...errors import DatasetError
from ...faces.face import AttributeReader, Face, FaceReader
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
    the subject; None: nobody looked."""

    facts: Facts | None = None
    fault: str | None = None
    faces: int | None = None
    mark: FaceMark | None = None
    portrait: FaceEmbedding | None = None
    row: CoverageRow | None = None


class Readers:
    """Looks at pictures from several threads; the readers themselves are asked one picture at a time."""

    def __init__(self, faces: FaceReader | None, attributes: AttributeReader | None, side: int) -> None:
        self._faces, self._attributes, self._side = faces, attributes, side
        self._turn = threading.Lock()

    def observe(self, sample: Sample) -> Observation:
        try:
            facts, image = look(sample, side=self._side)
        except DatasetError as fault:
            return Observation(fault=str(fault))
        with self._turn:
            faces = self._found(image)
            words = self._words(image)
        face = faces[0] if faces else None
        mark = self._mark(face) or (sample.face if self._faces is None else None)
        return Observation(
            facts=facts,
            faces=None if self._faces is None else count_faces([face.height for face in faces]),
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

    def _found(self, image: Image.Image) -> Sequence[Face]:
        return () if self._faces is None else detect_with_retries(self._faces, image).faces

    def _words(self, image: Image.Image) -> Mapping[str, str]:
        return {} if self._attributes is None else self._attributes.read([image])[0].values

    def _mark(self, face: Face | None) -> FaceMark | None:
        if face is None or self._faces is None:
            return None
        return FaceMark(box=face.box, reader=self._faces.name, yaw=face.yaw, pitch=face.pitch)
