"""Who reads a comparison's pictures, and what they see in one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ..dataset.checks.faces import count_faces
from ..faces.choose import FaceChoice, choose_face
from ..faces.face import AttributeReader, Face, FaceReader
from ..generate.render_cache import Rendering
from .drawing import picture_path
from .measures.variety import small
from .observation import Observation


@dataclass(frozen=True, kw_only=True)
class Readers:
    """A face reader with the least score a face needs, and a reader of attributes where there is one."""

    faces: FaceReader
    attributes: AttributeReader | None
    floor: float

    @property
    def names(self) -> dict[str, str]:
        """ "faces" and "attributes" by name, "" for none."""
        return {"faces": self.faces.name, "attributes": self.attributes.name if self.attributes else ""}

    def faces_in(self, image: Image.Image) -> list[Face]:
        """Those that score enough, largest first."""
        return [face for face in self.faces.faces(image) if face.score >= self.floor]

    def observe(self, rendering: Rendering[int], image: Image.Image, character: np.ndarray) -> Observation:
        """What both see in a picture rendered for a probe's number; `character` (d,) is whom faces are to be like."""
        read = self.attributes.read([image])[0].values if self.attributes else dict[str, str]()
        faces = _subjects(self.faces_in(image))
        face = choose_face(faces, image.size, FaceChoice(policy="character", character=character))
        return Observation(
            probe=rendering.request.what,
            seed=rendering.request.shot.seed,
            path=picture_path(rendering.key),
            embedding=None if face is None else np.asarray(face.embedding, dtype=np.float64),
            faces=len(faces),
            read=read,
            small=small(image),
        )


def _subjects(faces: Sequence[Face]) -> list[Face]:
    """Those that could be the subject: passers-by far behind are nobody's likeness."""
    tallest = sorted(faces, key=lambda face: -face.height)
    return tallest[: count_faces([face.height for face in tallest])] if tallest else []
