"""Aspect buckets as kohya's trainer makes them, and where a picture lands in one."""

import math

from ..families.base import Placement
from ..recipe.buckets import Buckets

Size = tuple[int, int]


def bucket_sizes(buckets: Buckets) -> tuple[Size, ...]:
    """All (width, height) of at most `resolution`² pixels (kohya's `make_bucket_resolutions`), sorted."""
    area, step = buckets.resolution**2, buckets.step
    square = buckets.resolution // step * step
    sizes = {(square, square)}
    for width in range(buckets.shortest, buckets.longest + 1, step):
        height = min(buckets.longest, area // width // step * step)
        if height >= buckets.shortest:
            sizes |= {(width, height), (height, width)}
    return tuple(sorted(sizes))


def placement(size: Size, buckets: Buckets) -> Placement:
    """The bucket of nearest aspect ratio; the picture is scaled to cover it and cut at the centre."""
    bucket = nearest_bucket(size, bucket_sizes(buckets))
    scale = max(bucket[0] / size[0], bucket[1] / size[1])
    scaled = (max(bucket[0], _half_up(size[0] * scale)), max(bucket[1], _half_up(size[1] * scale)))
    crop = ((scaled[0] - bucket[0]) // 2, (scaled[1] - bucket[1]) // 2)
    return Placement(size, scaled, crop, bucket)


def nearest_bucket(size: Size, sizes: tuple[Size, ...]) -> Size:
    """An exact match, else the smallest difference of width / height; the first wins a tie."""
    if size in sizes:
        return size
    aspect = size[0] / size[1]
    return min(sizes, key=lambda bucket: abs(bucket[0] / bucket[1] - aspect))


def scales_up(place: Placement) -> bool:
    """Whether the picture is smaller than its bucket, so that training sees invented pixels."""
    return place.scaled[0] > place.original[0] or place.scaled[1] > place.original[1]


def _half_up(length: float) -> int:
    return math.floor(length + 0.5)
