"""What was cropped, and what there is to say of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev
from typing import Literal

from ...faces.retry import TURNED
from ...faces.turned import LYING
from ..sample import Sample
from .body import BodyCrop
from .geometry import HAIR, MOST, Crop, FaceCrop
from .store import FoundFace

UNEVEN = 0.06
"""Spread (standard deviation) of face share or eye height from which framing is not consistent."""
_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class Cut:
    """One crop: what it was cut out of, the new sample, and the face in pixels of the original."""

    source: Sample
    made: Sample
    crop: Crop
    kind: Literal["face", "body"]
    face: FoundFace | None


@dataclass(frozen=True, kw_only=True)
class Framing:
    """Mean and standard deviation of what faces fill of their crops, and of how high their eyes lie (None: unknown)."""

    count: int
    share: float
    share_spread: float
    eyes: float | None
    eyes_spread: float | None

    @classmethod
    def of(cls, crops: Sequence[Crop]) -> "Framing | None":
        shares = [crop.share for crop in crops if crop.share is not None]
        eyes = [crop.eyes for crop in crops if crop.eyes is not None]
        if not shares:
            return None
        return cls(
            count=len(shares),
            share=fmean(shares),
            share_spread=pstdev(shares),
            eyes=fmean(eyes) if eyes else None,
            eyes_spread=pstdev(eyes) if eyes else None,
        )

    @property
    def is_even(self) -> bool:
        return max(self.share_spread, self.eyes_spread or 0.0) <= UNEVEN


def sentences(
    cuts: Sequence[Cut], framing: Framing | None, rule: FaceCrop | BodyCrop, knows_eyes: bool
) -> tuple[str, ...]:
    """How alike the framing is, what was done to make crops fit, and what to look at."""
    face = rule if isinstance(rule, FaceCrop) else rule.close_up
    faces = [one for one in cuts if one.kind == "face"]
    lines = [_framing(framing, knows_eyes)] if framing else []
    if face.share > HAIR:
        lines.append(f"A share of {face.share:.0%} can cut hair off; {HAIR:.0%} and below keeps it.")
    told: tuple[tuple[str, Callable[[Cut], bool]], ...] = (
        ("fill more than the guide's 70 %, the picture ends too close to the face", lambda one: _share(one) > MOST),
        ("were made smaller to fit the picture", lambda one: one.crop.shrunk and _share(one) <= MOST),
        ("were moved to stay inside the picture", lambda one: one.crop.moved and not one.crop.shrunk),
        (f"were filled beyond the picture's edge ({face.outside})", lambda one: one.crop.padded),
        ("show a face lying on its side that was found with the picture turned", _was_turned),
        ("were turned upright", lambda one: one.crop.turn != 0),
        ("keep the face lying on its side, turn those pictures or have heads straightened", _lies),
        (f"are smaller than {face.resolution} pixels, to enlarge nothing too much", lambda one: _is_small(one, face)),
    )
    for words, holds in told:
        if names := [one.source.path.name for one in faces if holds(one)]:
            lines.append(f"{len(names)} of {len(faces)} face crops {words}: {listed(names)}.")
    return tuple(lines)


def _framing(framing: Framing, knows_eyes: bool) -> str:
    text = f"The face fills {framing.share:.0%} of {framing.count} face crops (spread {framing.share_spread:.3f})"
    if framing.eyes is not None and framing.eyes_spread is not None:
        text += f", the eyes lie {framing.eyes:.0%} from the top (spread {framing.eyes_spread:.3f})"
    elif not knows_eyes:
        text += ", framed by the box: where the eyes are is not known for all"
    return (
        f"{text}." if framing.is_even else f"{text}. The framing is uneven: a spread above {UNEVEN} shows in training."
    )


def _share(one: Cut) -> float:
    return one.crop.share or 0.0


def _lies(one: Cut) -> bool:
    roll = one.face.roll if one.face else None
    return roll is not None and abs(roll) >= LYING and one.crop.turn == 0


def _was_turned(one: Cut) -> bool:
    return one.face is not None and one.face.rung == TURNED


def _is_small(one: Cut, rule: FaceCrop) -> bool:
    return one.crop.size[0] < rule.resolution


def listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
