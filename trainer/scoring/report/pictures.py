"""Picture files that a report names: found in its folder alone, and a few of the real character kept beside them."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from PIL import Image

from ...dataset.sample import Sample
from ...dataset.sample_pixels import open_sample
from ...images.store import ImageStore
from ..scores import Scores

_FOLDER = "references"
_SIDE = 512
_MOST = 3


def picture_file(out: Path, name: str) -> Path | None:
    """The file of a report's picture; None where it is gone, or where the name leads out of the report's folder."""
    inside = PurePosixPath(name)
    if inside.is_absolute() or ".." in inside.parts:
        return None
    path = out / inside
    return path if path.is_file() and path.resolve().is_relative_to(out.resolve()) else None


def likest_picture(scores: Scores, out: Path) -> Path | None:
    """The picture that stands for a column: the likest that names the trigger alone, or the trigger at all."""
    ranked = sorted(scores.pictures, key=lambda each: (each.kind != "trigger", -(each.identity or 0.0)))
    found = (picture_file(out, each.path) for each in ranked if each.triggered)
    return next((path for path in found if path is not None), None)


def keep_references(samples: Sequence[Sample], out: Path) -> tuple[str, ...]:
    """Small copies of a few of the samples under `out`, evenly apart, for whoever looks at the report; their names.

    Raises DatasetError when the disk refuses.
    """
    count = min(_MOST, len(samples))
    kept: list[str] = []
    for number in range(count):
        image = open_sample(samples[number * len(samples) // count])
        image.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
        kept.append(f"{_FOLDER}/{ImageStore(out / _FOLDER).put(image).name}")
    return tuple(kept)
