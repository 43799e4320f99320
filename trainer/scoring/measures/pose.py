"""Whether heads turn as prompts ask: a LoRA that learned a pose by heart draws it whatever is asked."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ...faces.pose import FRONT
from ..intervals import TAILS, Interval, Key, resamples, share
from ..reading.observation import Batch, PictureScore

SLOTS = ("turn", "angle", "pose", "view")
TURNED = FRONT / 2
"""Degrees from which a head looks to one side where that was asked: less than leaves the front, since a base draws what
it is asked for by half as often as by whole."""
PROFILE = 2 * FRONT
"""Degrees from which it is a profile where one was asked: five points tell angles up to about 45."""
_FRONT_WORDS = re.compile(r"\b(?:viewer|camera|front|frontal|straight|forward)\b")
_OF_HEADS = frozenset(
    {"looking", "look", "looks", "facing", "face", "head", "gaze", "gazing", "profile", "quarter", "view"}
)
"""One of these tells a turn of the head from other poses: `left hand raised`, `sitting down`, `close-up`."""
_STILL = 1.0
"""Degrees of spread below which the control does not turn either."""


@dataclass(frozen=True)
class Turn:
    """What was asked: the sign of yaw (0: either or none) and of pitch, and how far."""

    yaw: int = 0
    pitch: int = 0
    is_front: bool = False
    is_profile: bool = False

    def is_in(self, yaw: float, pitch: float | None) -> bool | None:
        """Whether a head at these degrees is turned so; None where that angle was not measured."""
        if self.is_front:
            return abs(yaw) <= FRONT
        if self.pitch:
            return None if pitch is None else pitch * self.pitch >= TURNED
        side = yaw * self.yaw if self.yaw else abs(yaw)
        return side >= (PROFILE if self.is_profile else TURNED)


def asked_turn(asked: Mapping[str, str]) -> Turn | None:
    """What the words of a slot for it ask; left is the picture's left. None where none says anything of a turn."""
    slot = turn_slot(asked)
    said = asked[slot].lower() if slot else ""
    words = set(re.findall(r"[a-z]+", said))
    is_of_head = bool(words & _OF_HEADS)
    if slot == "pose" and not is_of_head:
        return None
    yaw = ("right" in words) - ("left" in words)
    # From the side is a profile, looking to the side need not be.
    is_profile = "profile" in words or ("side" in words and "looking" not in words)
    if yaw or words & {"profile", "side", "quarter"}:
        return Turn(yaw=yaw, is_profile=is_profile)
    if (pitch := ("up" in words) - ("down" in words)) and is_of_head:
        return Turn(pitch=pitch)
    return Turn(is_front=True) if _FRONT_WORDS.search(said) else None


def turn_slot(asked: Mapping[str, str]) -> str | None:
    """The slot that speaks of it."""
    return next((slot for slot in SLOTS if slot in asked), None)


def turned(pictures: Iterable[PictureScore]) -> dict[Key, float]:
    """By picture with the trigger whose prompt asks for a turn and whose face has angles: 1 where it is turned so."""
    found = {each.key: _is_turned(each) for each in pictures if each.kind == "prompt"}
    return {key: float(is_so) for key, is_so in found.items() if is_so is not None}


def pose(batch: Batch) -> Interval | None:
    """Part of the pictures whose head is turned as the prompt asks."""
    return share(bool(each) for each in turned(batch.pictures).values())


def pose_spread(batch: Batch) -> Interval | None:
    """Standard deviation of yaw over prompts that ask for turns, over the control's on the same pictures.

    None unless at least two different turns are asked, or where the control stands still too.
    """
    ours, control = _yaws(batch.pictures), _yaws(batch.control)
    asked = {asked_turn(each.asked) for each in batch.pictures if each.key in ours}
    keys = sorted(ours.keys() & control.keys())
    if len(asked) < 2 or len(keys) < 2:
        return None
    return _spread_ratio(np.array([ours[key] for key in keys]), np.array([control[key] for key in keys]))


def _spread_ratio(ours: np.ndarray, control: np.ndarray) -> Interval | None:
    if control.std() < _STILL:
        return None
    draws = resamples(len(ours))
    ratios = ours[draws].std(axis=1) / np.maximum(control[draws].std(axis=1), _STILL)
    low, high = np.percentile(ratios, TAILS)
    value = float(ours.std() / control.std())
    # A resample repeats pictures and so spreads less: both ends hold the value itself.
    return Interval(value, min(float(low), value), max(float(high), value), len(ours))


def _is_turned(picture: PictureScore) -> bool | None:
    turn = asked_turn(picture.asked)
    return None if turn is None or picture.yaw is None else turn.is_in(picture.yaw, picture.pitch)


def _yaws(pictures: Iterable[PictureScore]) -> dict[Key, float]:
    return {
        each.key: each.yaw
        for each in pictures
        if each.kind == "prompt" and each.yaw is not None and asked_turn(each.asked) is not None
    }
