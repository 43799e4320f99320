"""kohya's resolution and buckets as ours."""

from typing import Any

from ..arguments import several
from ..keys import Keys
from .subsets import ALSO

_MOST_PIXELS = 1 << 16


def buckets(keys: Keys) -> dict[str, Any]:
    """The recipe's buckets: of one square where kohya has none."""
    resolution = _resolution(keys)
    is_bucketed = keys.switch("enable_bucket")
    shortest, longest = keys.whole("min_bucket_reso", 256), keys.whole("max_bucket_reso", 1024)
    step = keys.whole("bucket_reso_steps", 64)
    if step < 8 or step % 8:
        keys.note("bucket_reso_steps", step, "sides are multiples of 8 here: 64 is taken")
        step = 64
    keys.leave("bucket_no_upscale", "pictures smaller than their bucket are scaled up and named")
    if not is_bucketed:
        shortest = longest = resolution
    elif shortest > resolution or longest < resolution:
        keys.note(
            "min_bucket_reso", shortest, f"buckets of {shortest} to {longest} hold no {resolution}: widened to it"
        )
    return {
        "also": several(keys.raw(ALSO)),
        "resolution": resolution,
        "step": min(step, resolution // 8 * 8),
        "shortest": max(step, min(shortest, resolution)) if resolution >= step else resolution,
        "longest": max(longest, resolution),
    }


def _resolution(keys: Keys) -> int:
    """The side of a square of as many pixels."""
    given = keys.raw("resolution")
    words = several(given)
    words = words if len(words) > 1 else str(words[0] if words else 512).lower().replace("x", ",").split(",")
    try:
        sides = [int(float(str(word))) for word in words]
    except (ValueError, OverflowError):
        sides = [0]
    if not 64 <= min(sides) <= max(sides) <= _MOST_PIXELS or len(sides) > 2:
        keys.note("resolution", given, "sides like 1024 belong here; kohya's default, 512, is taken")
        return 512
    if len(set(sides)) > 1:
        keys.note("resolution", given, "buckets of as many pixels, around a square")
    return round((sides[0] * sides[-1]) ** 0.5)
