"""What rules a checkpoint out: the guide's signs of overfitting as numbers, held against the control.

A value counts only where its whole 95 % interval lies beyond its gate. A bare value near a gate lies beyond it in one
checkpoint and not in the next by chance alone: variety of .71, .59 and .80 at steps 100, 200 and 300 of a sound run of
the demo have intervals that all hold .6.
"""

from dataclasses import dataclass, replace

from .intervals import Interval, Key, excludes_zero, is_above, is_below, paired
from .measures.following import followings
from .measures.identity import identities
from .measures.memorisation import SUSTAINED
from .scores import Flag, Scores

_SLOT_PICTURES = 6
"""Fewer pictures than this say nothing of a single slot."""


@dataclass(frozen=True, kw_only=True)
class Gates:
    """Alarms. `likeness` counts from control (0) to real pictures (1); the rest is relative to the control."""

    likeness: float = 0.2
    face_rate: float = 0.8
    following_drop: float = 0.15
    slot_drop: float = 0.3
    variety: float = 0.6
    bleed: float = 0.5
    rise: float = 1.25
    copies: float = 0.1
    leak: float = 0.15


_GATES = Gates()


def flagged(scores: Scores, control: Scores, reference: float | None = None, gates: Gates = _GATES) -> Scores:
    """The scores with every reason against this checkpoint, and with cautions that do not rule it out.

    `reference` is the cosine real pictures reach; without it nothing is too little likeness.
    """
    overtrained = [Flag("overtrained", sentence) for sentence in _overtrained(scores, control, gates)]
    flags = [*_broken(scores, control, gates), *overtrained, *_weak(scores, control, reference, gates)]
    return replace(scores, flags=tuple(flags), cautions=tuple(_cautions(scores, gates)))


def _broken(scores: Scores, control: Scores, gates: Gates) -> list[Flag]:
    ours, base = scores.face_rate, control.face_rate
    wanted = {key: gates.face_rate * found for key, found in _faces(control).items()}
    if ours is None or base is None or not is_below(paired(_faces(scores), wanted), 0):
        return []
    said = f"Faces are found in {ours.value:.0%} of its pictures, in {base.value:.0%} of the control's."
    return [Flag("broken", said)]


def _faces(scores: Scores) -> dict[Key, float]:
    return {picture.key: float(picture.identity is not None) for picture in scores.pictures}


def _overtrained(scores: Scores, control: Scores, gates: Gates) -> list[str]:
    found = [*_following(scores, control, gates), *_slots(scores, control, gates)]
    if is_below(scores.variety, gates.variety):
        part = _percent(scores.variety)
        found.append(f"Pictures of one prompt differ {part} as much as the control's: the same one each time.")
    if is_above(scores.bleed, gates.bleed):
        found.append(f"Other people turn into the character in {_percent(scores.bleed)} of their pictures.")
    found += _memorisation(scores, gates)
    if is_above(scores.copies, gates.copies):
        found.append(f"{_percent(scores.copies)} of its pictures repeat a training picture.")
    return found


def _percent(measured: Interval | None) -> str:
    return f"{measured.value:.0%}" if measured else "none"


def _following(scores: Scores, control: Scores, gates: Gates) -> list[str]:
    gap = paired(followings(scores.pictures), followings(control.pictures))
    if not is_below(gap, -gates.following_drop):
        return []
    ours, base = _percent(scores.following), _percent(control.following)
    return [f"It draws {ours} of what prompts ask for, the control {base}."]


def _slots(scores: Scores, control: Scores, gates: Gates) -> list[str]:
    found: list[str] = []
    for slot in scores.slots.keys() & control.slots.keys():
        gap = paired(_slot(scores, slot), _slot(control, slot))
        if gap and gap.count >= _SLOT_PICTURES and is_below(gap, -gates.slot_drop):
            ours, base = scores.slots[slot], control.slots[slot]
            found.append(f"It follows {slot} in {ours:.0%} of its pictures, the control in {base:.0%}.")
    return sorted(found)


def _slot(scores: Scores, slot: str) -> dict[Key, float]:
    return {p.key: float(p.followed[slot]) for p in scores.pictures if p.triggered and slot in p.followed}


def _memorisation(scores: Scores, gates: Gates) -> list[str]:
    rise, learned = scores.held_out_rise, scores.memorisation
    if rise is None or learned is None or learned.fall >= 1:
        return []
    if rise.count < SUSTAINED or rise.low < gates.rise:
        return []
    return [f"It knows its pictures by heart: loss on held-out ones has risen {rise.value:.1f}-fold from its lowest."]


def _weak(scores: Scores, control: Scores, reference: float | None, gates: Gates) -> list[Flag]:
    # Here the checkpoint must show that it learned: one that cannot be told from the control is of no use, and few
    # pictures are no excuse.
    gain = paired(identities(scores.pictures), identities(control.pictures))
    if gain is None:
        return [Flag("weak", "No face in its pictures could be read, so its identity is not measured.")]
    if gain.value <= 0 or (gain.count > 1 and not excludes_zero(gain)):
        return [Flag("weak", "It is no nearer to the character than the control is.")]
    if scores.likeness is None or reference is None or control.identity is None:
        return []
    if gain.high >= gates.likeness * (reference - control.identity.value):
        return []
    return [Flag("weak", f"It is {scores.likeness:.0%} of the way from the control to the character.")]


def _cautions(scores: Scores, gates: Gates) -> list[str]:
    if scores.leak is None or not is_above(scores.leak, gates.leak):
        return []
    return [f"The character appears without its trigger: identity {scores.leak.value:.2f} above the control's."]
