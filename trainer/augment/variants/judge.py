"""Whether a variant may be kept: the same face, where the caption says it is, and no longer a render."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from PIL import Image

from ...errors import RunError
from ...faces.face import Face, FaceReader
from ...faces.metric import COSINE, alike, part_of
from ...generate.render_cache import is_blank
from ...storage.values import checked_values
from ..rounds import Verdict
from .style import Style

LEAST_LOOK = 0.1
"""By how much the asked style must be likelier than a 3d render."""
_LOOSE = 0.75


class LookReader(Protocol):
    """Tells styles apart."""

    @property
    def name(self) -> str: ...

    def margin(self, image: Image.Image, style: str) -> float | None:
        """How much likelier `style` is than a 3d render, -1 to 1; None for a style this reader does not know."""
        ...


@dataclass(frozen=True, kw_only=True)
class VariantVerdict(Verdict):
    """`identity` is taken to the render's face. `shift` is how far eyes, nose and mouth moved, `look` by how much the
    style is likelier than a 3d render."""

    shift: float | None = None
    look: float | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "VariantVerdict":
        return cls(**checked_values(cls, data, RunError))


@dataclass(frozen=True, kw_only=True)
class VariantJudge:
    """Readers, either of them None where nobody can tell; `shift` as the plan has it. `same_person` is the least
    likeness to the set's own face, at least the reader's."""

    faces: FaceReader | None
    looks: LookReader | None
    shift: float
    same_person: float = 0.0

    @property
    def name(self) -> str:
        """Who judges: a verdict is worth only what its readers are."""
        readers = [reader.name for reader in (self.faces, self.looks) if reader is not None]
        return f"{' + '.join(readers) or 'nobody'}, shift {self.shift:g}, face {self.same_person:.4f}"

    def floor(self, style: Style) -> float | None:
        """The least likeness to the render's face; None where it is told only."""
        if self.faces is None or style.face == "flag":
            return None
        return self.same_person if style.face == "strict" else self._loose(self.faces)

    def verdict(self, source: Face | None, image: Image.Image, style: Style) -> VariantVerdict:
        """Of a variant and the face of its render, both in pictures of one size."""
        if is_blank(image):
            return VariantVerdict(fault="it came out blank")
        look = None if self.looks is None else self.looks.margin(image, style.prompt)
        if source is None:
            return VariantVerdict(look=look, fault=_look_fault(look))
        face = known_face(self.faces, image)
        if face is None:
            lost = "no face is found in it"
            is_told = style.face == "flag"
            fault, note = (_look_fault(look), lost) if is_told else (lost, None)
            return VariantVerdict(look=look, fault=fault, note=note)
        identity, moved = self._likeness(source, face), landmark_shift(source, face)
        fault = self._face_fault(identity, moved, style) or _look_fault(look)
        note = self._note(identity, style)
        return VariantVerdict(identity=identity, shift=moved, look=look, fault=fault, note=note)

    def _likeness(self, source: Face, face: Face) -> float:
        return alike(COSINE if self.faces is None else self.faces.metric, source.embedding, face.embedding)

    def _loose(self, faces: FaceReader) -> float:
        return part_of(faces.metric, self.same_person, _LOOSE)

    def _face_fault(self, identity: float, moved: float | None, style: Style) -> str | None:
        floor = self.floor(style)
        if floor is not None and identity < floor:
            return f"its face is at {identity:.2f} to the render's, below {floor:.2f}"
        if moved is not None and moved > self.shift and style.face != "flag":
            return f"eyes, nose and mouth moved by {moved:.0%} of the face"
        return None

    def _note(self, identity: float, style: Style) -> str | None:
        if self.faces is None or style.face != "flag" or identity >= self._loose(self.faces):
            return None
        return f"its face reads as {identity:.2f}, which readers of photographs often say of drawings"


def known_face(reader: FaceReader | None, image: Image.Image) -> Face | None:
    """The largest face with an identity; None without one."""
    faces = () if reader is None else reader.faces(image)
    return next((face for face in faces if face.embedding.size), None)


def landmark_shift(one: Face, other: Face) -> float | None:
    """Root mean square distance of five points, in heights of the first face; None without points."""
    if len(one.points) != 5 or len(other.points) != 5:
        return None
    apart = np.asarray(one.points, np.float64) - np.asarray(other.points, np.float64)
    return float(np.sqrt((apart**2).sum(axis=1).mean())) / max(one.height, 1e-6)


def _look_fault(look: float | None) -> str | None:
    if look is None or look >= LEAST_LOOK:
        return None
    return "it still looks like a render, or like another style"
