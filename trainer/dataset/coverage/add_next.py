"""Which pictures would help a set most, as sentences, the most useful first."""

from collections.abc import Mapping

from .axis import Axis

ENOUGH = 20
"""A set of so many pictures has room for the finer wishes."""
_WISHES = {
    "front": (0, "a front view"),
    "three-quarter left": (1, "a three-quarter view to the left"),
    "three-quarter right": (1, "a three-quarter view to the right"),
    "left profile": (2, "a left profile"),
    "right profile": (2, "a right profile"),
    "looking up": (6, "a face that looks up, or is seen from below"),
    "looking down": (6, "a face that looks down, or is seen from above"),
    "neutral": (3, "a neutral expression"),
    "smile": (3, "a smile"),
    "serious": (4, "a serious or angry expression"),
    "open mouth": (5, "an open mouth: laughing, speaking or surprised"),
    "eyes closed": (7, "closed eyes"),
    "even light": (5, "plain, even light"),
    "side light": (5, "light from one side"),
    "backlight": (7, "light from behind"),
    "warm light": (6, "warm light"),
    "cool light": (6, "cool light"),
    "close-up": (4, "a close-up"),
    "medium": (6, "a picture from the waist or chest up"),
    "full body": (8, "a full-body picture"),
}
_KINDS = {"background": (2, "another background"), "outfit": (3, "another outfit")}
_VARY = 0.6
"""Share of one background or outfit from which others are asked for."""


def add_next(axes: Mapping[str, Axis], count: int) -> tuple[str, ...]:
    """One sentence for each empty bucket of an axis that was measured, and for sameness; `count` pictures in all."""
    wishes = [wish for axis in axes.values() for wish in (*_missing(axis, count), *_same(axis))]
    return tuple(text for _, text in sorted(wishes, key=lambda wish: wish[0]))


def _missing(axis: Axis, count: int) -> list[tuple[int, str]]:
    wishes: list[tuple[int, str]] = []
    for bucket in axis.empty:
        rank, words = _WISHES.get(bucket, (4, f"the {axis.name} {bucket!r}"))
        if rank < 7 or count >= ENOUGH:
            tail = "shows one" if words.startswith(("a ", "an ")) else "shows it"
            wishes.append((rank, f"Add {words}: none of {_pictures(axis.measured)} {tail}."))
    return wishes


def _same(axis: Axis) -> list[tuple[int, str]]:
    if axis.name not in _KINDS or axis.largest is None or axis.measured < 2 or axis.largest[1] <= _VARY:
        return []
    rank, words = _KINDS[axis.name]
    bucket, share = axis.largest
    alike = f"{round(share * axis.measured)} of {_pictures(axis.measured)} share {bucket!r}"
    return [(rank - 1 if share > 0.8 else rank, f"Add {words}: {alike}.")]


def _pictures(count: int) -> str:
    return f"{count} picture" if count == 1 else f"{count} pictures"
