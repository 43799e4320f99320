"""Where a full-body crop lies: on the trainer's grid, so that it cuts nothing more, and never through the head."""

import math
from dataclasses import dataclass, field
from typing import Literal

from ...errors import DatasetError
from ...recipe.buckets import Buckets, bucket_sizes
from .geometry import Box, Crop, FaceCrop

STEP = 64
_HAIR = 0.6
"""Room kept above a face box, in face heights."""


@dataclass(frozen=True, kw_only=True)
class BodyCrop:
    """Full-body crops of about `resolution`² pixels beside close-ups from the same originals.

    `body` is the share of training the full bodies get. Close-ups smaller than `smallest` pixels are not made: half of
    their resolution keeps out those that training would enlarge to more than twice their size.
    """

    resolution: int = 1024
    body: float = 0.70
    max_upscale: float = 1.5
    smallest: int = 512
    close_up: FaceCrop = field(default_factory=FaceCrop)
    no_face: Literal["leave out", "keep whole"] = "keep whole"

    def __post_init__(self) -> None:
        checks = (
            (0 < self.body < 1, f"The full bodies' share is {self.body:g}; use 0.6 to 0.8."),
            (self.resolution >= STEP, f"The resolution is {self.resolution}; use 512 or 1024."),
            (self.max_upscale >= 1, f"The largest enlargement is {self.max_upscale:g}; use 1 (none) to 2."),
            (
                self.smallest <= self.close_up.resolution,
                f"Close-ups below {self.smallest} pixels are not made and none is above {self.close_up.resolution}; "
                "use half of that.",
            ),
        )
        if faults := [text for is_fine, text in checks if not is_fine]:
            raise DatasetError.all_of(faults)


def body_crop(face: Box | None, size: tuple[int, int], rule: BodyCrop) -> Crop | None:
    """The largest part of a picture with the shape of its bucket; what is cut, is cut below the face.

    Sizes are multiples of 64. A picture too small for its bucket gets that of the next lower resolution it fills
    without being enlarged beyond the limit; None where it does not even fill 64 x 64 pixels.
    """
    for resolution in range(rule.resolution // STEP * STEP, 0, -STEP):
        crop = _cut(face, size, _bucket(size, resolution))
        if crop.upscale <= rule.max_upscale:
            return crop
    return None


def buckets(resolution: int) -> tuple[tuple[int, int], ...]:
    """The sizes of at most `resolution`² pixels with sides of half to twice the resolution, as the presets train."""
    shortest, longest = max(STEP, resolution // 2 // STEP * STEP), 2 * resolution // STEP * STEP
    return bucket_sizes(Buckets(resolution=resolution, step=STEP, shortest=shortest, longest=longest))


def _bucket(size: tuple[int, int], resolution: int) -> tuple[int, int]:
    """The one nearest in shape; wide ones win ties."""
    aspect = size[0] / size[1]
    return min(buckets(resolution), key=lambda pair: (abs(math.log(pair[0] / pair[1] / aspect)), -pair[0]))


def _cut(face: Box | None, size: tuple[int, int], bucket: tuple[int, int]) -> Crop:
    scale = min(size[0] / bucket[0], size[1] / bucket[1])
    wide, high = min(size[0], round(bucket[0] * scale)), min(size[1], round(bucket[1] * scale))
    left, top = (size[0] - wide) // 2, 0
    if face is not None:
        left = round((face[0] + face[2]) / 2 - wide / 2)
        top = min(size[1] - high, math.floor(face[1] - _HAIR * (face[3] - face[1])))
    left, top = min(max(left, 0), size[0] - wide), min(max(top, 0), size[1] - high)
    return Crop(
        box=(left, top, left + wide, top + high),
        size=bucket,
        share=None if face is None else (face[3] - face[1]) / high,
    )
