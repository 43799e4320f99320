"""What a descriptor keeps of a picture, to tell copies of training pictures and repeated backgrounds by."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from PIL import Image

from ...faces.face import Box


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


class Gallery(Protocol):
    """Pictures that others are held against all at once."""

    def copied(self, one: Description) -> float | None:
        """The most that it is a copy of any, 0..1; None where there are none."""
        ...

    def background(self, one: Description) -> float | None:
        """The most that its background is that of any, 0..1; None where it or all of them have none."""
        ...


@runtime_checkable
class WithGallery(Protocol):
    """A descriptor that is faster for many pictures than one by one."""

    def gallery(self, pictures: Sequence[Description]) -> Gallery: ...
