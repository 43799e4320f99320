"""Sides of buckets that the latents of a base can have."""

from collections.abc import Mapping
from typing import Any

from .keys import Keys

_STEPS = {"flux2": 16}
"""Pixels that a latent of the family stands for, where that is more than 8."""


def fitting_step(keys: Keys, name: str, family: str, buckets: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe's buckets in steps that the family can be trained in, and a note where the file has finer ones."""
    step, least = buckets["step"], _STEPS.get(family, 8)
    if step % least == 0:
        return dict(buckets)
    taken = max(least, step // least * least)
    keys.note(name, step, f"sides are multiples of {least} on such a base: {taken} is taken")
    return {**buckets, "step": taken, "shortest": max(taken, buckets["shortest"])}
