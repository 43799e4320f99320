"""What rules a checkpoint out, and what is told of it besides: the guide's signs as numbers, held against the control.

A value counts only where its whole 95 % interval lies beyond its gate; that it learned a checkpoint must show itself.
A bare value near a gate lies beyond it in one checkpoint and not in the next by chance alone: variety of .71, .59 and
.80 at steps 100, 200 and 300 of a sound run of the demo have intervals that all hold .6.

Loss alone rules nothing out: pictures learned by heart and pictures that no longer do as asked are two things, and the
first may be without the second. It is a further sign beside one that pictures show.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from .intervals import FEWEST, Interval, Key, excludes_zero, is_above, is_below, paired
from .measures.expression import expressions
from .measures.faces import has_face
from .measures.following import followings
from .measures.identity import identities
from .measures.memorisation import SUSTAINED
from .measures.pose import turned
from .scores import Flag, Scores

_SLOT_PICTURES = 6
"""Fewer pictures than this say nothing of a single slot."""
_LEAST_SPAN = 0.05
"""Between control and real pictures: below it, the reader cannot tell the two apart."""
_UNSCALED_LEAK = 0.15
"""The field's number, of cosines, where nothing tells the reader's scale."""


@dataclass(frozen=True, kw_only=True)
class Gates:
    """Alarms. What is a part of the reader's scale counts from the control (0) to real pictures (1).

    `likeness`, of that scale: less than a fifth of the way is not learned.
    `face_rate`, of the control's: a LoRA that loses a fifth of the faces draws broken ones.
    `following_drop`, in prompts followed, `slot_drop` in one slot: aspects drawn as asked fall by .15 when a LoRA draws
    its own; a single slot has a quarter of the pictures, so that half as much again may be chance.
    `variety`, of the control's: distances between seeds fell from .15 to .12 at convergence in SceneWorks' harness,
    which is sound, and to half where one picture came back.
    `bleed`: more than every second other person. `rise`: Prechelt's generalisation loss, in a ratio.
    `copies`: one in ten, since a descriptor is wrong in one of a hundred.
    `broken`: one in fifty, and surely more than the control's: a base draws black pictures now and then.
    `leak`, of the reader's scale: identity of the class word alone above the control's. The field's .15 is of cosines
    that run from 0 to .6 or .7: a fifth of that scale.
    `pose_drop` and `expression_drop`, in pictures that do as asked: as `following_drop`. `pose_spread`, of the
    control's: half its standard deviation of yaw is one pose. `background`: a fifth of the way from another place to
    the same one; sound runs of the demo reach .13, since they draw scenery as the training pictures do, and a trained
    ground behind every picture .5. `style`: three of ten pictures asked for another style.
    """

    likeness: float = 0.2
    face_rate: float = 0.8
    following_drop: float = 0.15
    slot_drop: float = 0.3
    variety: float = 0.6
    bleed: float = 0.5
    rise: float = 1.25
    copies: float = 0.1
    broken: float = 0.02
    leak: float = 0.2
    pose_drop: float = 0.15
    pose_spread: float = 0.5
    expression_drop: float = 0.15
    background: float = 0.2
    style: float = 0.3


_GATES = Gates()


def flagged(scores: Scores, control: Scores, reference: float | None = None, gates: Gates = _GATES) -> Scores:
    """The scores with every reason against this checkpoint, and with cautions that do not rule it out.

    `reference` is the likeness real pictures reach; without it nothing is too little of it.
    """
    overtrained, cautions = _overtrained(scores, control, gates), list(_cautions(scores, control, reference, gates))
    heart, shown = _memorisation(scores, gates), _shown(scores, control, reference, gates)
    if overtrained or not shown:
        (overtrained if overtrained else cautions).extend(heart)
    else:
        overtrained = [
            f"{sentence.rstrip('.')}, and its pictures show it: {' and '.join(shown)}." for sentence in heart
        ]
    weak = _weak(scores, control, reference, gates)
    if sum(picture.triggered for picture in scores.pictures) < FEWEST:
        cautions, weak = [*(flag.sentence for flag in weak), *cautions], []
    flags = [*_broken(scores, control, gates), *(Flag("overtrained", each) for each in overtrained), *weak]
    return replace(scores, flags=tuple(flags), cautions=tuple(cautions))


def leaks(scores: Scores, control: Scores, reference: float | None, gates: Gates = _GATES) -> bool:
    """Whether the character surely appears without its trigger, on the reader's own scale."""
    base = control.identity
    span = None if reference is None or base is None else reference - base.value
    limit = _UNSCALED_LEAK if span is None or span < _LEAST_SPAN else gates.leak * span
    return is_above(scores.leak, limit)


def _broken(scores: Scores, control: Scores, gates: Gates) -> Iterator[Flag]:
    if _is_blank(scores, gates) and is_above(paired(_blanks(scores), _blanks(control)), 0):
        yield Flag("broken", _blank_sentence(scores, control))
    ours, base = scores.face_rate, control.face_rate
    wanted = {key: gates.face_rate * found for key, found in _faces(control).items()}
    if ours is not None and base is not None and is_below(paired(_faces(scores), wanted), 0):
        said = f"Faces are found in {ours.value:.0%} of its pictures, in {base.value:.0%} of the control's."
        yield Flag("broken", said)


def _is_blank(scores: Scores, gates: Gates) -> bool:
    return is_above(scores.measures.get("broken"), gates.broken)


def _blanks(scores: Scores) -> dict[Key, float]:
    return {picture.key: float(picture.is_broken) for picture in scores.pictures}


def _blank_sentence(scores: Scores, control: Scores) -> str:
    ours, base = (_percent(each.measures.get("broken")) for each in (scores, control))
    return f"{ours} of its pictures are black, blank or one colour, of the control's {base}."


def _faces(scores: Scores) -> dict[Key, float]:
    return {picture.key: float(has_face(picture)) for picture in scores.pictures}


def _overtrained(scores: Scores, control: Scores, gates: Gates) -> list[str]:
    found = [*_following(scores, control, gates), *_slots(scores, control, gates)]
    if is_below(scores.variety, gates.variety):
        part = _percent(scores.variety)
        found.append(f"Pictures of one prompt differ {part} as much as the control's: the same one each time.")
    if is_above(scores.bleed, gates.bleed):
        found.append(f"Other people turn into the character in {_percent(scores.bleed)} of their pictures.")
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


def _shown(scores: Scores, control: Scores, reference: float | None, gates: Gates) -> list[str]:
    """Cautions that with a risen loss are signs of over-training: the character, or its place, comes unasked."""
    found = ["the character appears without its trigger"] if leaks(scores, control, reference, gates) else []
    if is_above(scores.measures.get("background_leak"), gates.background):
        found.append("backgrounds of training pictures come back")
    return found


def _weak(scores: Scores, control: Scores, reference: float | None, gates: Gates) -> list[Flag]:
    # Here the checkpoint must show that it learned: one that cannot be told from the control is of no use.
    gain = paired(identities(scores.pictures), identities(control.pictures))
    if gain is None and (scores.identity, control.identity, reference) == (None, None, None):
        # Nobody read faces, or there was nobody to be like: that is not the checkpoint's fault.
        return []
    if gain is None:
        return [Flag("weak", "No face in its pictures could be read, so its identity is not measured.")]
    if gain.value <= 0 or (gain.count > 1 and not excludes_zero(gain)):
        return [Flag("weak", "It is no nearer to the character than the control is.")]
    if scores.likeness is None or reference is None or control.identity is None:
        return []
    if gain.high >= gates.likeness * (reference - control.identity.value):
        return []
    return [Flag("weak", f"It is {scores.likeness:.0%} of the way from the control to the character.")]


def _cautions(scores: Scores, control: Scores, reference: float | None, gates: Gates) -> Iterator[str]:
    """What may be prompted around, or weighs in the choice instead."""
    gap = paired(_blanks(scores), _blanks(control))
    more = gap.value * gap.count if gap else 0.0
    if _is_blank(scores, gates) and round(more) > 1 and not is_above(gap, 0):
        yield _blank_sentence(scores, control)
    if scores.leak is not None and leaks(scores, control, reference, gates):
        yield f"The character appears without its trigger: identity {scores.leak.value:.2f} above the control's."
    yield from _poses(scores, control, gates)
    doing = expressions(scores.pictures), expressions(control.pictures)
    if is_below(paired(*doing), -gates.expression_drop):
        yield f"Faces show the asked expression in {_part(doing[0])} of its pictures, in {_part(doing[1])} without it."
    back = scores.measures.get("background_leak")
    if back is not None and is_above(back, gates.background):
        yield (
            f"Backgrounds of training pictures come back where prompts name other places: {back.value:.0%} more alike "
            "than without it."
        )
    style = scores.measures.get("style_contamination")
    if style is not None and is_above(style, gates.style):
        more = f"{style.value:.0%} more pictures than without it"
        yield f"{more} come in the training pictures' style where another one was asked for."


def _poses(scores: Scores, control: Scores, gates: Gates) -> Iterator[str]:
    doing = turned(scores.pictures), turned(control.pictures)
    if is_below(paired(*doing), -gates.pose_drop):
        yield f"Heads turn as asked in {_part(doing[0])} of its pictures, in {_part(doing[1])} without it."
    spread = scores.measures.get("pose_spread")
    if spread is not None and is_below(spread, gates.pose_spread):
        yield f"Heads turn {spread.value:.0%} as far as without it, whatever is asked: one pose."


def _part(values: Mapping[Key, float]) -> str:
    return f"{sum(values.values()) / max(len(values), 1):.0%}"
