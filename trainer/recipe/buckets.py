"""The sizes pictures are trained at."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Buckets:
    """Aspect buckets of about `resolution`² pixels with sides in steps of `step` between `shortest` and `longest`."""

    resolution: int = 1024
    step: int = 64
    shortest: int = 512
    longest: int = 2048


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
    ]
