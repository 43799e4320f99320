"""What is said of a clip: a fault counts where its whole 95 % interval lies beyond its gate, so that chance is none."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf
from typing import Literal

from ..intervals import Interval, is_above, is_below
from .measures import MotionMeasures
from .scale import Scale

Kind = Literal["holds", "drifts", "flickers", "hardly moves", "loses the face", "another person", "not sure"]
_TURNED = 40.0
"""Degrees: readers of photographs lose a tenth of likeness and more from there on."""


@dataclass(frozen=True)
class Verdict:
    """A word for the clip, and what was measured."""

    kind: Kind
    sentence: str


@dataclass(frozen=True, kw_only=True)
class MotionGates:
    """`fall`, of the way from strangers to real pictures: a fifth, as comparisons have it. `flicker`: half the variance
    that separate pictures of the character have is .7 of its root. `light`: one part in a hundred of 255, which is seen
    at 8 to 15 changes a second (de Lange 1958). `movement`: less than a twentieth of the picture's contrast; a still
    picture with a codec's grain has .02. `faces`: a fifth of the frames without one, as comparisons have it."""

    fall: float = 0.2
    flicker: float = 0.7
    light: float = 2.55
    movement: float = 0.05
    faces: float = 0.8


_GATES = MotionGates()


def verdicts(
    clip: MotionMeasures,
    scale: Scale,
    control: MotionMeasures | None = None,
    gain: Interval | None = None,
    gates: MotionGates = _GATES,
) -> tuple[Verdict, ...]:
    """Every fault, or that the face holds, or why neither is sure. `control` is the same clip without the LoRA, `gain`
    what the LoRA adds to its likeness."""
    found = [
        *_person(clip, scale, gates),
        *_drifts(clip, scale, gates),
        *_flickers(clip, control, gates),
        *_stands(clip, control, gates),
    ]
    return tuple(found) or (_whole(clip, scale, gain, gates),)


def _person(clip: MotionMeasures, scale: Scale, gates: MotionGates) -> Iterator[Verdict]:
    if clip.identity is None:
        yield Verdict("loses the face", "No face is found in any frame, so that nothing of it is measured.")
    elif is_below(clip.faces, gates.faces):
        yield Verdict("loses the face", f"A face is found in {_part(clip.faces)} of the frames.")
    # Who is lost on the way was the character at first.
    if is_below(clip.identity, scale.floor) and not _changes(clip, scale, gates):
        said = f"The face is not the character's: likeness {clip.identity}, and {scale.floor:.2f} is accepted."
        yield Verdict("another person", said)


def _drifts(clip: MotionMeasures, scale: Scale, gates: MotionGates) -> Iterator[Verdict]:
    changes = _changes(clip, scale, gates)
    if not changes and not is_below(clip.hold, -gates.fall * scale.span):
        return
    said = (
        f"The face drifts: likeness changes by {clip.drift} from the first frame to the last."
        if changes
        else f"The face drifts: its end is unlike its start, {clip.hold} of likeness."
    )
    if clip.turn is not None and clip.turn >= _TURNED:
        said += f" The head turns by {clip.turn:.0f}°, which readers take for less likeness; look before you judge."
    yield Verdict("drifts", said)


def _changes(clip: MotionMeasures, scale: Scale, gates: MotionGates) -> bool:
    """Whether the character surely goes, or comes, on the way."""
    limit = gates.fall * scale.span
    return is_below(clip.drift, -limit) or is_above(clip.drift, limit)


def _flickers(clip: MotionMeasures, control: MotionMeasures | None, gates: MotionGates) -> Iterator[Verdict]:
    if is_above(clip.flicker, gates.flicker):
        said = f"The face flickers: from frame to frame it varies {clip.flicker} times as from picture to picture."
        yield Verdict("flickers", said + _also(control, lambda its: is_above(its.flicker, gates.flicker)))
    if is_above(clip.light_flicker, gates.light):
        said = f"Brightness flickers by {clip.light_flicker} of 255 levels beyond what movement explains."
        yield Verdict("flickers", said + _also(control, lambda its: is_above(its.light_flicker, gates.light)))


def _stands(clip: MotionMeasures, control: MotionMeasures | None, gates: MotionGates) -> Iterator[Verdict]:
    if is_below(clip.movement, gates.movement):
        said = (
            f"It hardly moves: {_part(clip.movement)} of its contrast changes, so that a face that holds says little."
        )
        yield Verdict("hardly moves", said + _also(control, lambda its: is_below(its.movement, gates.movement)))


def _whole(clip: MotionMeasures, scale: Scale, gain: Interval | None, gates: MotionGates) -> Verdict:
    if clip.identity is None or not clip.identity.low >= scale.floor:
        said = f"Likeness {clip.identity} lies about the {scale.floor:.2f} that is accepted; draw more clips."
        return Verdict("not sure", said)
    if gain is not None and not gain.low > 0:
        return Verdict("not sure", f"It is no nearer to the character than without the LoRA: {gain} of likeness.")
    if doubts := list(_doubts(clip, scale, gates)):
        return Verdict("not sure", f"Beyond the gate, and not surely: {', '.join(doubts)}; draw more clips, or longer.")
    return Verdict("holds", f"The face holds: likeness {clip.identity}, {clip.drift} from the first frame to the last.")


def _doubts(clip: MotionMeasures, scale: Scale, gates: MotionGates) -> Iterator[str]:
    """What would be a fault if its interval were narrower: such a clip does not hold either."""
    limit = gates.fall * scale.span
    for words, measured, low, high in (
        ("drift", clip.drift, -limit, limit),
        ("the end against the start", clip.hold, -limit, inf),
        ("flicker of the face", clip.flicker, 0.0, gates.flicker),
        ("flicker of brightness", clip.light_flicker, 0.0, gates.light),
        ("movement", clip.movement, gates.movement, inf),
        ("frames with a face", clip.faces, gates.faces, inf),
    ):
        if measured is not None and not low <= measured.value <= high:
            yield f"{words} {measured}"


def _also(control: MotionMeasures | None, is_faulty: Callable[[MotionMeasures], bool]) -> str:
    """Whether the base without the LoRA is as bad: then it is not the LoRA's fault."""
    if control is None:
        return ""
    return " So does the clip without the LoRA." if is_faulty(control) else " The clip without the LoRA does not."


def _part(measured: Interval | None) -> str:
    return "none" if measured is None else f"{measured.value:.0%}"
