"""A render made ready to begin variants from: one size in multiples of sixteen, opaque, with its face read."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from ..dataset.pixels import open_sample, pixel_sha256
from ..dataset.sample import Sample
from ..errors import DatasetError
from ..faces.face import Face
from ..generate.shelf import PictureShelf
from .judge import Judge
from .plan import size_for


@dataclass(frozen=True, kw_only=True, eq=False)
class Source:
    """`start` holds the pixels that variants begin from; `face` is read in them, None where nobody reads faces."""

    sample: Sample
    start: Path
    sha256: str
    size: tuple[int, int]
    face: Face | None


def ready(sample: Sample, resolution: int, judge: Judge, shelf: PictureShelf) -> Source:
    """DatasetError for a picture that cannot be read, has changed, or shows no face to hold variants to."""
    image = open_sample(sample)
    if pixel_sha256(image) != sample.sha256:
        raise DatasetError(f"{sample.path.name} changed since the dataset was loaded; load the dataset again.")
    size = size_for(*image.size, resolution)
    fitted = ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    face = judge.face(fitted)
    if face is None and judge.faces is not None:
        raise DatasetError(
            f"{sample.path.name}: no face is found, so variants of it cannot be held to one; it stays as an original."
        )
    kept = shelf.put(fitted)
    return Source(sample=sample, start=shelf.path(kept), sha256=kept.sha256, size=size, face=face)
