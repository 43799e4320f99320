"""Signs in what was drawn: places and styles of the training pictures, angles, clothes, and other people."""

from collections.abc import Sequence

from ..intervals import Interval, apart, is_above
from ..observation import PictureScore
from ..scores import Scores
from .case import Case, scaled
from .excess import slots_ignored

SETTING = ("background", "scene", "setting", "place", "location")
STYLE = ("style", "medium")
_OWN = ("clothing", "outfit", "expression", "turn", "pose", "light", "lighting", "camera")
_TURNED = 20.0
"""Degrees of yaw from which a face is not seen from the front (faces/pose)."""
_DRIFT = 0.2
"""Share of the way that turned faces lie below front ones before it counts: readers themselves lose a tenth."""
_LEAK, _BLEED = 0.15, 0.5
"""The gates of measures."""
_BACK = 0.1
"""By how much backgrounds must be more like the training pictures' than the control's."""
_LARGE, _FEWEST = 0.6, 5
"""Share of one background from which a set is lopsided, of so many pictures (dataset/coverage)."""
_SILENT = 0.2


def one_background(case: Case) -> str | None:
    """Most training pictures share a background, as their pixels show."""
    axis = case.covered.axes.get("background") if case.covered else None
    if axis is None or axis.largest is None or axis.measured < _FEWEST or axis.largest[1] <= _LARGE:
        return None
    name, share = axis.largest
    return f"{round(share * axis.measured)} of {axis.measured} training pictures share the background '{name}'"


def silent_on_setting(case: Case) -> str | None:
    """Captions tell what varies, but not where it is."""
    told = case.told
    if len(told) < 4 or len(case.saying("setting")) > _SILENT * len(told):
        return None
    return f"{len(told) - len(case.saying('setting'))} of {len(told)} captions do not name the background"


def setting_ignored(case: Case) -> str | None:
    return _ignores(slots_ignored(case, SETTING))


def background_returns(case: Case) -> str | None:
    """What lies behind the face is more like the training pictures' than the control's is."""
    column = case.judged
    if column is None:
        return None
    more = apart(_backgrounds(column), _backgrounds(case.control))
    if more is None or not is_above(more, _BACK):
        return None
    return f"backgrounds are {more} more like those of the training pictures than without LoRA"


def drifts(case: Case) -> str | None:
    """Turned faces are less like the character than front ones, beyond what turning costs any reader."""
    column, span = case.judged, case.span
    if column is None or span is None:
        return None
    front, turned = _by_turn(column.pictures)
    lost = apart(front, turned)
    if lost is None or not is_above(scaled(lost, 1 / span), 0) or lost.value / span < _DRIFT:
        return None
    return f"turned faces are {scaled(lost, 1 / span)} of the way less like the character than front ones"


def style_ignored(case: Case) -> str | None:
    return _ignores(slots_ignored(case, STYLE))


def prompt_ignored(case: Case) -> str | None:
    """Clothes, expression, pose or light."""
    return _ignores(slots_ignored(case, _OWN))


def leaks(case: Case) -> str | None:
    column = case.judged
    if column is None or not is_above(column.leak, _LEAK):
        return None
    return f"without the trigger identity is {column.leak} above the control's"


def bleeds(case: Case) -> str | None:
    column = case.judged
    if column is None or not is_above(column.bleed, _BLEED):
        return None
    return f"other people turn into the character in {column.bleed} of their pictures"


def breaks(case: Case) -> str | None:
    """Pictures without a face in what would be used, or in all there is."""
    column = case.judged
    said = next((flag.sentence for flag in column.flags if flag.kind == "broken"), "") if column else ""
    return said.rstrip(".") or None


def _ignores(drops: Sequence[tuple[str, Interval]]) -> str | None:
    if not drops:
        return None
    return "it follows " + ", ".join(f"{slot} {drop} less often than without LoRA" for slot, drop in drops)


def _backgrounds(column: Scores) -> list[float]:
    return [each.background for each in column.pictures if each.triggered and each.background is not None]


def _by_turn(pictures: Sequence[PictureScore]) -> tuple[list[float], list[float]]:
    """Identities of faces seen from the front and of turned ones, by the reader's angles."""
    seen = [each for each in pictures if each.triggered and each.identity is not None and each.yaw is not None]
    front = [each.identity for each in seen if abs(each.yaw or 0.0) <= _TURNED and each.identity is not None]
    turned = [each.identity for each in seen if abs(each.yaw or 0.0) > _TURNED and each.identity is not None]
    return front, turned
