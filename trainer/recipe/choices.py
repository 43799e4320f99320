"""Settings that are one of a few words."""

from typing import Any, get_args


def is_choice(value: str, choices: Any) -> bool:
    """Whether `value` is among the words of the Literal `choices`."""
    return value in get_args(choices)


def options(choices: Any) -> str:
    """The words of the Literal, for a sentence."""
    return " or ".join(repr(choice) for choice in get_args(choices))
