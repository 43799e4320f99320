"""What rules a checkpoint out: the guide's signs of overfitting as numbers, held against the control."""

from dataclasses import dataclass, replace

from .intervals import Key, excludes_zero, paired
from .measures.following import followings
from .measures.identity import identities
from .scores import Flag, Scores


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


_SLOT_PICTURES = 6
"""Fewer pictures than this say nothing of a single slot."""


def flagged(scores: Scores, control: Scores, gates: Gates) -> Scores:
    """The scores with every reason against this checkpoint, and with cautions that do not rule it out."""
    flags = [*_broken(scores, control, gates), *_overtrained(scores, control, gates), *_weak(scores, control, gates)]
    return replace(scores, flags=tuple(flags), cautions=tuple(_cautions(scores, gates)))


def _broken(scores: Scores, control: Scores, gates: Gates) -> list[Flag]:
    ours, base = scores.face_rate, control.face_rate
    if ours is None or base is None or ours.value >= gates.face_rate * base.value:
        return []
    return [
        Flag("broken", f"Faces are found in {ours.value:.0%} of its pictures, in {base.value:.0%} of the control's.")
    ]


def _overtrained(scores: Scores, control: Scores, gates: Gates) -> list[Flag]:
    found = [
        _following(scores, control, gates),
        *_slots(scores, control, gates),
        _variety(scores, gates),
        _bleed(scores, gates),
        _memorisation(scores, gates),
        _copies(scores, gates),
    ]
    return [Flag("overtrained", sentence) for sentence in found if sentence is not None]


def _following(scores: Scores, control: Scores, gates: Gates) -> str | None:
    gap = paired(followings(scores.pictures), followings(control.pictures))
    if gap is None or scores.following is None or control.following is None:
        return None
    if gap.value >= -gates.following_drop or not excludes_zero(gap):
        return None
    return f"It draws {scores.following.value:.0%} of what prompts ask for, the control {control.following.value:.0%}."


def _slots(scores: Scores, control: Scores, gates: Gates) -> list[str]:
    found: list[str] = []
    for slot in scores.slots.keys() & control.slots.keys():
        gap = paired(_slot(scores, slot), _slot(control, slot))
        if gap and gap.count >= _SLOT_PICTURES and gap.value < -gates.slot_drop and excludes_zero(gap):
            ours, base = scores.slots[slot], control.slots[slot]
            found.append(f"It follows {slot} in {ours:.0%} of its pictures, the control in {base:.0%}.")
    return sorted(found)


def _slot(scores: Scores, slot: str) -> dict[Key, float]:
    return {p.key: float(p.followed[slot]) for p in scores.pictures if p.triggered and slot in p.followed}


def _variety(scores: Scores, gates: Gates) -> str | None:
    if scores.variety is None or scores.variety.value >= gates.variety:
        return None
    return f"Pictures of one prompt differ {scores.variety.value:.0%} as much as the control's: the same one each time."


def _bleed(scores: Scores, gates: Gates) -> str | None:
    if scores.bleed is None or scores.bleed.value <= gates.bleed:
        return None
    return f"Other people turn into the character in {scores.bleed.value:.0%} of their pictures."


def _memorisation(scores: Scores, gates: Gates) -> str | None:
    learned = scores.memorisation
    if learned is None or learned.rise < gates.rise or learned.fall >= 1:
        return None
    return f"It knows its pictures by heart: loss on held-out ones has risen {learned.rise:.1f}-fold from its lowest."


def _copies(scores: Scores, gates: Gates) -> str | None:
    if scores.copies is None or scores.copies.value <= gates.copies:
        return None
    return f"{scores.copies.value:.0%} of its pictures repeat a training picture."


def _weak(scores: Scores, control: Scores, gates: Gates) -> list[Flag]:
    gain = paired(identities(scores.pictures), identities(control.pictures))
    if gain is None:
        return [Flag("weak", "No face in its pictures could be read, so its identity is not measured.")]
    if gain.value <= 0 or (gain.count > 1 and not excludes_zero(gain)):
        return [Flag("weak", "It is no nearer to the character than the control is.")]
    if scores.likeness is not None and scores.likeness < gates.likeness:
        return [Flag("weak", f"It is {scores.likeness:.0%} of the way from the control to the character.")]
    return []


def _cautions(scores: Scores, gates: Gates) -> list[str]:
    if scores.leak is None or scores.leak.value <= gates.leak:
        return []
    return [f"The character appears without its trigger: identity {scores.leak.value:.2f} above the control's."]
