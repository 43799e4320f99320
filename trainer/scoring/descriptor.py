"""What a descriptor keeps of a picture, to tell copies of training pictures and repeated backgrounds by."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from PIL import Image

from ..faces.face import Box


@dataclass(frozen=True, kw_only=True, eq=False)
class Description:
    """`whole` is of the picture, `background` of what lies around the face, None where hardly anything does."""

    whole: np.ndarray
    background: np.ndarray | None = None


class Descriptor(Protocol):
    """Numbers of two descriptors never mix."""

    @property
    def name(self) -> str: ...

    def describe(self, image: Image.Image, face: Box | None) -> Description: ...

    def copied(self, one: Description, other: Description) -> float:
        """0..1: 1 for the same picture again, mirrored, recropped or compressed; what two strangers share is near 0."""
        ...

    def shared_background(self, one: Description, other: Description) -> float | None:
        """0..1 likewise, of what lies around the faces; None where one has none."""
        ...

    def difference(self, one: Description, other: Description) -> float:
        """0 for equal pictures; how much the seeds of one prompt differ."""
        ...
