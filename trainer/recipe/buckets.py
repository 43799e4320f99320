"""The sizes pictures are trained at: aspect buckets as kohya's trainer makes them, and where a picture lands in one."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

Size = tuple[int, int]
"""Width and height, pixels."""
_MOST_GROWN = 1.1


@dataclass(frozen=True, kw_only=True)
class Buckets:
    """Aspect buckets of about `resolution`² pixels with sides in steps of `step` between `shortest` and `longest`.

    Every picture is shown at each resolution of `also` too, as often as at `resolution` (ai-toolkit's list of
    resolutions), where it has the pixels; the sides of those buckets are shorter or longer in proportion.
    """

    resolution: int = 1024
    step: int = 64
    shortest: int = 512
    longest: int = 2048
    also: tuple[int, ...] = ()


@dataclass(frozen=True)
class Placement:
    """A picture's place in its bucket, pixels: size on disk, size after scaling, top-left of the crop, bucket size."""

    original: Size
    scaled: Size
    crop: Size
    bucket: Size

    @property
    def scales_up(self) -> bool:
        """Whether the picture is smaller than its bucket, so that training sees invented pixels."""
        return self.scaled[0] > self.original[0] or self.scaled[1] > self.original[1]

    @property
    def scale(self) -> float:
        """Of its longer way: above 1 where pixels are invented."""
        return max(self.scaled[0] / self.original[0], self.scaled[1] / self.original[1])

    @property
    def lost(self) -> float:
        """Share of the picture that the crop cuts off, 0 to 1."""
        return max(0.0, 1 - self.bucket[0] * self.bucket[1] / (self.scaled[0] * self.scaled[1]))


@lru_cache(maxsize=64)
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


def at_side(buckets: Buckets, side: int) -> Buckets:
    """The buckets of one of several resolutions."""
    share, step = side / buckets.resolution, buckets.step
    shortest, longest = (int(length * share) // step * step for length in (buckets.shortest, buckets.longest))
    return Buckets(resolution=side, step=step, shortest=min(side, max(step, shortest)), longest=max(side, longest))


def sides_of(size: Size, buckets: Buckets) -> tuple[int, ...]:
    """The resolutions that a picture of that size is shown at, `resolution` first.

    Of several those for which it need not grow by more than a tenth; the smallest, where it does for all.
    """
    every = (buckets.resolution, *(side for side in dict.fromkeys(buckets.also) if side != buckets.resolution))
    if len(every) == 1:
        return every
    fitting = tuple(side for side in every if placement(size, at_side(buckets, side)).scale <= _MOST_GROWN)
    return fitting or (min(every),)


def nearest_bucket(size: Size, sizes: Iterable[Size]) -> Size:
    """An exact match, else the smallest difference of width / height; the first wins a tie."""
    sizes = tuple(sizes)
    if size in sizes:
        return size
    aspect = size[0] / size[1]
    return min(sizes, key=lambda bucket: abs(bucket[0] / bucket[1] - aspect))


def bucket_faults(buckets: Buckets) -> list[tuple[bool, str]]:
    """Whether each rule is broken, and what to say then."""
    return [
        (
            buckets.step < 8 or buckets.step % 8 != 0,
            f"bucket step is {buckets.step}; use a multiple of 8, usually 64.",
        ),
        (
            not buckets.step <= buckets.shortest <= buckets.resolution <= buckets.longest,
            f"bucket sides {buckets.shortest} to {buckets.longest} must enclose resolution {buckets.resolution}.",
        ),
        (
            any(not buckets.step <= side <= buckets.longest for side in buckets.also),
            f"further resolutions are {', '.join(map(str, buckets.also))}; use {buckets.step} to {buckets.longest}.",
        ),
    ]


def _half_up(length: float) -> int:
    return math.floor(length + 0.5)
