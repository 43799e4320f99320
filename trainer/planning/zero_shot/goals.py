"""What pictures are wanted for: light, since nodes list them before anything is asked for."""

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
