"""Where in a picture's latents its face is, so that no more has to be decoded."""

from math import ceil, floor

from ..data.training_set import Example

_AROUND = 0.75
"""Of the face's longer side that is kept beside it: detectors want hair and chin, autoencoders surroundings."""


def face_place(example: Example, factor: int) -> tuple[int, int, int, int]:
    """Left, top, right, bottom in latents of `factor` pixels a side; the whole picture where its face is not marked, or
    lies outside of the bucket."""
    width, height = (side // factor for side in example.placement.bucket)
    whole = (0, 0, width, height)
    mark = example.sample.face
    if mark is None:
        return whole
    at = example.placement
    across, down = at.scaled[0] / at.original[0], at.scaled[1] / at.original[1]
    left, right = (side * across - at.crop[0] for side in mark.box[::2])
    top, bottom = (side * down - at.crop[1] for side in mark.box[1::2])
    around = _AROUND * max(right - left, bottom - top)
    place = (
        max(0, floor((left - around) / factor)),
        max(0, floor((top - around) / factor)),
        min(width, ceil((right + around) / factor)),
        min(height, ceil((bottom + around) / factor)),
    )
    return place if place[0] < place[2] and place[1] < place[3] else whole
