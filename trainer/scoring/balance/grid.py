"""Which strengths of the LoRA are drawn with which weights of the other, and where both are too much."""

from dataclasses import dataclass
from math import isfinite

from ...errors import RecipeError

STRENGTHS, WEIGHTS = (0.6, 0.7, 0.8, 0.9, 1.0), (0.0, 0.3, 0.5, 0.6, 0.7, 1.0)
QUICK_STRENGTHS, QUICK_WEIGHTS = (0.7, 0.8, 0.9), (0.0, 0.5, 0.7)
"""The guide's ranges, and the LoRA alone."""
USUAL = (0.8, 0.6)
"""The middle of the guide's ranges: LoRA 0.7 to 0.9, adapter 0.5 to 0.7."""
HIGH = (0.9, 0.7)
"""The upper ends of the guide's ranges: from here on both are high, and "lower weights on both prevent conflict"."""
_MOST = 2.0

Pair = tuple[float, float]
"""Strength of the LoRA, weight of what is beside it."""


@dataclass(frozen=True)
class BalanceGrid:
    """Strengths and weights, each once and in order. Weight 0 is the LoRA alone, strength 0 the other alone."""

    strengths: tuple[float, ...] = STRENGTHS
    weights: tuple[float, ...] = WEIGHTS

    def __post_init__(self) -> None:
        faults = [
            f"{name} are {', '.join(f'{each:g}' for each in values) or 'none'}; use numbers from 0 to {_MOST:g}, each "
            "once."
            for name, values in (("strengths", self.strengths), ("weights", self.weights))
            if not values or len(set(values)) != len(values) or not all(_is_usable(each) for each in values)
        ]
        if faults:
            raise RecipeError.all_of(faults)
        object.__setattr__(self, "strengths", tuple(sorted(self.strengths)))
        object.__setattr__(self, "weights", tuple(sorted(self.weights)))

    @classmethod
    def quick(cls) -> "BalanceGrid":
        """Three of each, for a first look."""
        return cls(QUICK_STRENGTHS, QUICK_WEIGHTS)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """By strength and then weight, so that each strength is laid on the base once."""
        return tuple((strength, weight) for strength in self.strengths for weight in self.weights)


def words_of(pair: Pair) -> str:
    """A pair as columns are called."""
    return f"LoRA {pair[0]:g} with {pair[1]:g}"


def both_high(strength: float, weight: float) -> str:
    """A warning where both are high, else ""."""
    if strength < HIGH[0] or weight < HIGH[1]:
        return ""
    return (
        f"LoRA {strength:g} with weight {weight:g} is much of both: two sources of one face pull against one another, "
        "and prompts are followed less. 0.7 to 0.9 with 0.5 to 0.7 is usual, and not the upper ends of both."
    )


def _is_usable(value: float) -> bool:
    return isfinite(value) and 0 <= value <= _MOST
