"""What pictures are wanted for: light, since nodes list them before anything is asked for."""

from collections.abc import Mapping
from typing import Literal, get_args

Goal = Literal[
    "one picture",
    "a few pictures",
    "a series or a product",
    "video",
    "scars, clothes or other features",
    "another style",
    "a test of an idea",
]
GOALS: tuple[Goal, ...] = get_args(Goal)
WORDS: Mapping[str, Goal] = dict(
    zip(("picture", "pictures", "series", "video", "features", "style", "test"), GOALS, strict=True)
)
"""Each in one word, for a command line."""
