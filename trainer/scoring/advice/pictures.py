"""Signs in what was drawn: places and styles of the training pictures, angles, clothes, and other people."""

from collections.abc import Sequence

from ..intervals import FEWEST, Interval, is_above, is_below
from .case import Case
from .excess import slots_ignored
from .learning import OPEN

SETTING = ("background", "scene", "setting", "place", "location")
STYLE = ("style", "medium")
_OWN = ("clothing", "outfit", "expression", "turn", "pose", "light", "lighting", "camera")
_DRIFT = 0.2
"""Share of the way that turned faces lie below front ones before it counts: readers themselves lose a tenth."""
_LEAK, _LEAKED = 0.15, 0.2
"""Identity without the trigger above the control's that counts: as a cosine, and as a share of the reader's scale."""
_BLEED, _BACK, _STYLE, _DROP = 0.5, 0.2, 0.3, 0.15
"""The gates of measures: of other people, of backgrounds, of pictures in the set's own style, of poses."""
_LARGE, _LEAST = 0.6, 5
"""Share of one background from which a set is lopsided, of so many pictures (dataset/coverage)."""
_SILENT = 0.2


def one_background(case: Case) -> str | None:
    """Most training pictures share a background, as their pixels show."""
    axis = case.covered.axes.get("background") if case.covered else None
    if axis is None or axis.largest is None or axis.measured < _LEAST or axis.largest[1] <= _LARGE:
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
    more = _measured(case, "background_leak")
    if more is None or not is_above(more, _BACK):
        return None
    return f"backgrounds are {more} more like those of the training pictures than without LoRA"


def drifts(case: Case) -> str | None:
    """Front faces are the character and turned ones are not, beyond what turning costs any reader."""
    column, span, base = case.judged, case.span, case.control.identity
    if column is None or span is None or base is None:
        return None
    front = _measured(case, "identity_front")
    for name in ("three_quarter", "profile", "tilted"):
        turned = _measured(case, f"identity_{name}")
        if front and turned and _is_lost(front, turned, base.value, span):
            lost = (front.value - turned.value) / span
            return f"identity is {front} from the front and {turned} at {name.replace('_', '-')}, {lost:.2f} of the way"
    return None


def _is_lost(front: Interval, turned: Interval, base: float, span: float) -> bool:
    """Whether intervals do not meet, the front is learned, and what is lost counts."""
    is_learned = (front.value - base) / span >= 1 - OPEN
    is_apart = min(front.count, turned.count) >= FEWEST and turned.high < front.low
    return is_learned and is_apart and (front.value - turned.value) / span >= _DRIFT


def style_ignored(case: Case) -> str | None:
    """Another style was asked for and the training pictures' own came, or not the one that was asked for."""
    taken = _measured(case, "style_contamination")
    if taken is not None and is_above(taken, _STYLE):
        return f"{taken} more pictures than without LoRA come in the style of the training pictures"
    return _ignores(slots_ignored(case, STYLE))


def prompt_ignored(case: Case) -> str | None:
    """Clothes, expression, pose or light."""
    return _ignores([*slots_ignored(case, _OWN), *_done_less(case)])


def _done_less(case: Case) -> list[tuple[str, Interval]]:
    """Pose and expression as landmarks tell them, where intervals with and without LoRA do not meet."""
    found: list[tuple[str, Interval]] = []
    for name in ("pose", "expression"):
        ours, control = _measured(case, name), case.control.measures.get(name)
        if ours and control and is_below(ours, control.low) and control.value - ours.value >= _DROP:
            drop = Interval(control.value - ours.value, control.low - ours.high, control.high - ours.low, ours.count)
            found.append((name, drop))
    return found


def leaks(case: Case) -> str | None:
    column = case.judged
    gate = _LEAK if case.span is None else _LEAKED * case.span
    if column is None or not is_above(column.leak, gate):
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


def unbroken(case: Case) -> str | None:
    return None if breaks(case) else "its pictures are not broken"


def _ignores(drops: Sequence[tuple[str, Interval]]) -> str | None:
    if not drops:
        return None
    return "it follows " + ", ".join(f"{slot} {drop} less often than without LoRA" for slot, drop in drops)


def _measured(case: Case, name: str) -> Interval | None:
    """Of the column that would be used."""
    return case.judged.measures.get(name) if case.judged else None
