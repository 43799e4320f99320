"""The two ways to crop a dataset: every picture to its face, or bodies with close-ups beside them."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..coverage.framing import framing_of
from ..dataset import Dataset, LeftOut
from ..mix import mix
from ..sample import Sample
from .body import BodyCrop, body_crop
from .cutter import Cutter
from .geometry import FaceCrop
from .report import Cut

_NO_FACE = "No face was found in it; crop it by hand, or keep pictures without a face whole."
_SMALL = "It is {} × {} pixels; enlarged {:g} times it does not fill 64 × 64. Use a larger original."


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The samples of the new dataset, the cuts among them, and what was left out."""

    samples: tuple[Sample, ...]
    cuts: tuple[Cut, ...]
    left_out: tuple[LeftOut, ...]
    texts: tuple[str, ...] = ()


def to_faces(cutter: Cutter, dataset: Dataset, rule: FaceCrop) -> Parts:
    """One square a picture; pictures without a face as `rule.no_face` says."""
    made: list[Sample] = []
    cuts: list[Cut] = []
    left_out: list[LeftOut] = []
    for sample in dataset.samples:
        cutter.step(sample.path.name)
        face = cutter.faces[sample.sha256]
        if face is not None:
            cuts.append(cutter.close_up(sample, face, rule))
            made.append(cuts[-1].made)
        elif rule.no_face == "keep whole":
            made.append(sample)
        else:
            left_out.append(LeftOut(name=sample.path.name, why=_NO_FACE))
    return Parts(samples=tuple(made), cuts=tuple(cuts), left_out=tuple(left_out))


def to_bodies(cutter: Cutter, dataset: Dataset, rule: BodyCrop) -> Parts:
    """A full body of every picture that is no close-up itself, a close-up of every face large enough, then mixed."""
    bodies: list[Cut] = []
    close_ups: list[Cut] = []
    left_out: list[LeftOut] = []
    for sample in dataset.samples:
        cutter.step(sample.path.name)
        face, size = cutter.faces[sample.sha256], (sample.width, sample.height)
        if face is None and rule.no_face == "leave out":
            left_out.append(LeftOut(name=sample.path.name, why=_NO_FACE))
            continue
        if face is None or framing_of(face.box, size) != "close-up":
            crop = body_crop(face.box if face else None, size, rule)
            if crop is None:
                left_out.append(LeftOut(name=sample.path.name, why=_SMALL.format(*size, rule.max_upscale)))
            else:
                bodies.append(cutter.cut(sample, face, crop))
        if face is None:
            continue
        side = cutter.side(face, size, rule.close_up)
        if side >= rule.smallest:
            close_ups.append(cutter.close_up(sample, face, rule.close_up))
        else:
            why = f"It would be {side} pixels wide, below {rule.smallest}; use a larger original."
            left_out.append(LeftOut(name=f"close-up of {sample.path.name}", why=why))
    samples, text = _mixed(dataset, bodies, close_ups, rule.body)
    return Parts(samples=samples, cuts=(*bodies, *close_ups), left_out=tuple(left_out), texts=(text,))


def _mixed(
    dataset: Dataset, bodies: Sequence[Cut], close_ups: Sequence[Cut], share: float
) -> tuple[tuple[Sample, ...], str]:
    """The samples of both, repeated so that bodies get their share, and the sentence that says so."""
    parts = [dataset.with_samples(tuple(one.made for one in cuts)) for cuts in (bodies, close_ups)]
    if not all(part.train for part in parts):
        lacking = "close-ups" if parts[0].train else "full-body pictures"
        text = f"There are no {lacking} to train on, so the share of full bodies cannot be kept."
        return (*parts[0].samples, *parts[1].samples), text
    mixed = mix(parts, (share, 1 - share))
    return mixed.dataset.samples, f"Full bodies first, then close-ups: {mixed.sentence}"
