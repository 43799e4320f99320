"""OneTrainer's epochs and learning-rate schedule as ours."""

from typing import Any

from ..keys import Keys
from . import words


def schedule(keys: Keys, chosen: str, epochs: int, accumulation: int) -> dict[str, Any]:
    """The recipe's schedule, by epochs as all of OneTrainer's are."""
    said = keys.peek("learning_rate_scheduler")
    curve = keys.choice("learning_rate_scheduler", words.CURVES, "constant")
    found: dict[str, Any] = {
        "steps": 1500,
        "epochs": epochs,
        "batch": keys.whole("batch_size", 1),
        "accumulation": accumulation,
        "lr_floor": keys.number("learning_rate_min_factor", 0.0),
    }
    cycles = keys.number("learning_rate_cycles", 1)
    if curve == "cosine_with_restarts":
        found["cycles"] = max(1, int(cycles))
        if cycles != int(cycles):
            keys.note("learning_rate_cycles", cycles, f"whole ones are made here: {found['cycles']}")
        if str(said).upper() == "COSINE_WITH_RESTARTS":
            keys.note("learning_rate_scheduler", said, "the rate jumps up again here, where it rises slowly there")
    if chosen == "schedulefree" and curve != "constant":
        keys.note("learning_rate_scheduler", said, "schedulefree needs none, there and here: constant is taken")
        curve = "constant"
    return found | {"curve": curve} | _warmup(keys, chosen, accumulation)


def _warmup(keys: Keys, chosen: str, accumulation: int) -> dict[str, Any]:
    """Batches above 1, a share of the steps up to it."""
    warmup = keys.number("learning_rate_warmup_steps", 200)
    if warmup <= 0 or chosen == "schedulefree":
        return {"warmup": 0}
    if warmup > 1:
        updates = int(warmup / max(accumulation, 1))
        # The steps stand for what epochs will make of them, so that a warmup has room.
        return {"warmup": updates, "steps": max(1500, updates + 1)}
    if warmup == 1:
        keys.note("learning_rate_warmup_steps", warmup, "the rate would rise to the last step: taken as 0.99 of them")
    return {"warmup": 0, "warmup_share": min(warmup, 0.99)}
