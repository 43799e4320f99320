"""Who reads a comparison's pictures, and what they see in one."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

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

    def embedding(self, image: Image.Image) -> np.ndarray | None:
        """Of the largest face, (d,)."""
        found = self.faces_in(image)
        return np.asarray(found[0].embedding, dtype=np.float64) if found else None

    def observe(self, rendering: Rendering[int], image: Image.Image) -> Observation:
        """What both see in a picture rendered for a probe's number."""
        read = self.attributes.read([image])[0].values if self.attributes else dict[str, str]()
        return Observation(
            probe=rendering.request.what,
            seed=rendering.request.shot.seed,
            path=picture_path(rendering.key),
            embedding=self.embedding(image),
            read=read,
            small=small(image),
        )
