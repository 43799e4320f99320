"""What an optimizer keeps of each number that learns."""

from collections.abc import Mapping

from ...recipe.optim import Optim

_STATE: Mapping[str, float] = {
    # Both moments, or z and the second one, in fp32.
    **dict.fromkeys(("adamw", "schedulefree"), 8),
    # Two bytes and a scale of each for every 256.
    "adamw8bit": 2 + 8 / 256,
    "lion8bit": 1 + 4 / 256,
    # In memory that both sides share.
    "paged_adamw8bit": 0,
    # A row and a column of each matrix.
    "adafactor": 0.1,
    # s, the first weights and both moments.
    "prodigy": 16,
}
_STEPPING: Mapping[str, float] = {"adamw": 8, "schedulefree": 8, "adafactor": 12, "prodigy": 12}
"""Bytes that come and go while the weights are moved."""


def state_bytes(optim: Optim, learns: int) -> int:
    """Of its state and, where the recipe has one, the running mean of the weights."""
    return round(learns * (_STATE[optim.optimizer] + (4 if optim.ema_decay else 0)))


def stepping_bytes(optim: Optim, learns: int) -> int:
    """While the weights are moved, the activations being gone."""
    return round(learns * _STEPPING.get(optim.optimizer, 0))


def drawing_bytes(optim: Optim, learns: int) -> int:
    """Of the training weights, which are set aside while others are drawn with."""
    return 4 * learns if optim.ema_decay or optim.optimizer == "schedulefree" else 0
