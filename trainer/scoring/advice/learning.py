"""Signs that the character was not learned, or not yet; each a sentence with its numbers, None where it is not so."""

from collections.abc import Sequence
from math import ceil, exp

from ..intervals import FEWEST, Interval, excludes_zero, paired
from ..measures.identity import identities
from ..scores import Scores
from .case import Case, scaled

USUAL = (75, 150)
"""Passes a picture of the guide's SDXL block at 20 pictures; studios.md E7: learning and memorising go by passes."""
EARLY = USUAL[0] / 2
"""Passes a picture by which a sound rate has learned something and has left no trace of too much."""
_LEARNED = 0.2
"""Share of the way to real pictures below which nothing was learned (the gate of measures)."""
OPEN = 0.15
"""Share of the way that must be left before a run counts as too short: trained well, LoRAs end 0.05 to 0.1 below."""
_GAIN = 0.03
"""A gain between checkpoints smaller than this, however sure, is not worth another run."""
_SEEN, _MORE = 0.05, 0.1
"""A gain that anybody sees, and what must be left for more of it to come."""
_ENOUGH = 5.0
"""Time constants of 1 - exp(-steps / constant) after which 99 % is learned: a run that is a little long costs minutes,
one that is short again costs a run."""
_LONGER = (1.5, 6.0)
"""Bounds of how much longer: below nothing changes, and a curve of a few points bears no wider guess."""
_FINE, _GUESSES = 1.02, 303
"""Guesses of the constant, from a twentieth of the longest run to twenty times it, 2 % apart."""


def not_learned(case: Case) -> str | None:
    """No column is nearer to the character than the control, or all lie within a fifth of the way.

    Of too few pictures it says nothing.
    """
    best, base = case.likest, case.control.identity
    if best is None or best.identity is None or base is None:
        return None
    gain = paired(identities(best.pictures), identities(case.control.pictures))
    if gain is None or gain.count < FEWEST:
        return None
    is_above = gain.value > 0 and excludes_zero(gain)
    if is_above and (case.span is None or gain.high >= _LEARNED * case.span):
        return None
    return f"the likest, {best.label}, reaches identity {best.identity}, without LoRA it is {base.value:.2f}"


def half_learned(case: Case) -> str | None:
    """Less than half of the way, with its whole interval."""
    way = _way(case, case.likest)
    return _reaches(case, way) if way is not None and way.high < 0.5 else None


def short_of_likeness(case: Case) -> str | None:
    """The likest column's whole interval stays clearly below what real pictures reach."""
    way = _way(case, case.likest)
    if way is None:
        return not_learned(case)
    return _reaches(case, way) if way.high < 1 - OPEN else None


def partly_learned(case: Case) -> str | None:
    """Short of likeness, but surely on the way."""
    return None if not_learned(case) else short_of_likeness(case)


def rising(case: Case) -> str | None:
    """The last column is still liker than the one before."""
    if len(case.columns) < 2:
        return None
    before, last = case.columns[-2:]
    gain = case.gain(last, before)
    if gain is None or gain.low <= 0 or gain.value < _GAIN:
        return None
    return f"from {before.label} to {last.label} it still came {gain} of that way nearer"


def rising_visibly(case: Case) -> str | None:
    """The last step between columns brought what anybody would see, and there is more to come."""
    way, said = _way(case, case.last), rising(case)
    if said is None or way is None or way.value >= 1 - _MORE or case.last is None:
        return None
    gain = case.gain(case.last, case.columns[-2])
    return f"the last, {case.last.label}, is {way} of the way; {said}" if gain and gain.value >= _SEEN else None


def few_passes(case: Case) -> str | None:
    passes = case.passes()
    if passes is None or passes >= USUAL[0]:
        return None
    return f"each picture was seen {passes:.0f} times, where {USUAL[0]} to {USUAL[1]} are usual"


def very_few_passes(case: Case) -> str | None:
    """So few that nothing learned is no wonder."""
    passes = case.passes()
    return few_passes(case) if passes is not None and passes < EARLY else None


def enough_passes(case: Case) -> str | None:
    passes = case.passes()
    if passes is None or passes < USUAL[0]:
        return None
    return f"each picture was seen {passes:.0f} times, which is enough"


def rate_below_usual(case: Case) -> str | None:
    """A third of the preset's rate, or less."""
    if case.recipe is None or case.usual is None or case.recipe.optim.optimizer != case.usual.optim.optimizer:
        return None
    rate, usual = case.recipe.optim.lr, case.usual.optim.lr
    return f"lr is {rate:g}, usual for this base is {usual:g}" if rate <= usual / 3 else None


def steps_to_learn(case: Case) -> int | None:
    """Steps after which 99 % would be learned, by the curve of likeness so far; None where it has not left the floor.

    What a LoRA has learned grows like 1 - exp(-steps / constant), so that one number, found by least squares over the
    columns, tells the rest. A falling rate makes the last columns look slower: the guess errs towards longer.
    """
    done, points = case.done, _curve(case)
    if done is None or max((way for _, way in points), default=0.0) < _LEARNED / 2:
        return None
    longest = max(step for step, _ in points)
    constants = [longest / 20 * _FINE**number for number in range(_GUESSES)]
    wanted = _ENOUGH * min(constants, key=lambda constant: _error(points, constant))
    low, high = _LONGER
    return ceil(min(max(wanted, low * done), high * done))


def _error(points: Sequence[tuple[int, float]], constant: float) -> float:
    return sum((1 - exp(-step / constant) - reached) ** 2 for step, reached in points)


def _curve(case: Case) -> list[tuple[int, float]]:
    ways = [(column.step, _way(case, column)) for column in case.columns if column.step]
    return [(step, min(max(way.value, 0.0), 1.0)) for step, way in ways if step and way is not None]


def _way(case: Case, column: Scores | None) -> Interval | None:
    """How far it is from the control (0) to real pictures (1); None of too few pictures."""
    base, own = case.control.identity, column.identity if column else None
    if own is None or own.count < FEWEST or base is None or case.span is None:
        return None
    return scaled(
        Interval(own.value - base.value, own.low - base.value, own.high - base.value, own.count), 1 / case.span
    )


def _reaches(case: Case, way: Interval) -> str:
    label = case.likest.label if case.likest else ""
    return f"the likest, {label}, is {way} of the way from no LoRA to real pictures"
