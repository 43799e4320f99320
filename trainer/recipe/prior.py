"""What keeps the base as it was wherever the trigger is not named."""

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True, kw_only=True)
class Prior:
    """Ways to keep everybody else as the base knows them; each is off at 0.

    `images` of the class word are drawn by the base itself and trained beside the character at `weight`, as are the
    pictures of a regularisation folder. `output_weight` holds what is predicted for the class word to what the bare
    base predicts, on the character's own pictures ("differential output preservation": more than twice the time of a
    bare step).
    `delta_l2` penalises the mean square of the weights' change, alpha / rank × B A.
    Without any of them the character appears whether the trigger is named or not.
    """

    images: int = 0
    weight: float = 1.0
    output_weight: float = 0.0
    delta_l2: float = 0.0


def prior_faults(prior: Prior) -> list[tuple[bool, str]]:
    """Whether each rule is broken, and what to say then."""
    return [
        (prior.images < 0, f"prior images is {prior.images}; use 0 for none, or about as many as you train on."),
        (not 0 <= prior.weight < inf, f"prior weight is {prior.weight}; use 0 or more, usually 1."),
        (not 0 <= prior.output_weight < inf, f"output_weight is {prior.output_weight}; use 0 for none, usually 1."),
        (not 0 <= prior.delta_l2 < inf, f"delta_l2 is {prior.delta_l2}; use 0 for none."),
    ]
