"""A render made ready to begin variants from: one size in multiples of sixteen, opaque, with its face read."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ...dataset.sample import Sample
from ...errors import DatasetError
from ...faces.face import Face, FaceReader
from ...images.store import ImageStore
from ..original import fitted, fitted_original
from .judge import known_face

Hints = Callable[[Sample], Image.Image | None]
"""What a ControlNet is to follow for a picture; None for nothing."""


def no_hint(_: Sample) -> None:
    return None


@dataclass(frozen=True, kw_only=True, eq=False)
class Source:
    """`start` holds the pixels that variants begin from; `face` is read in them, None where nobody reads faces."""

    sample: Sample
    start: Path
    sha256: str
    size: tuple[int, int]
    face: Face | None
    hint: Path | None


def ready(sample: Sample, resolution: int, faces: FaceReader | None, shelf: ImageStore, hints: Hints) -> Source:
    """DatasetError for a picture that cannot be read, has changed, or shows no face to hold variants to."""
    image = fitted_original(sample, resolution)
    face = known_face(faces, image)
    if face is None and faces is not None:
        raise DatasetError(
            f"{sample.path.name}: no face is found, so variants of it cannot be held to one; it stays as an original."
        )
    kept, hint = shelf.put(image), hints(sample)
    return Source(
        sample=sample,
        start=shelf.path(kept),
        sha256=kept.sha256,
        size=image.size,
        face=face,
        hint=None if hint is None else shelf.path(shelf.put(fitted(hint, image.size))),
    )
