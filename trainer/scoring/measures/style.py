"""Whether pictures that ask for another style come in the training pictures' own."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ..intervals import Interval, Key, paired
from ..reading.observation import Batch, PictureScore, Scale

SLOTS = ("style", "medium")
_MOST = 0.6
"""Part of the training pictures from which a style is the set's own (as dataset/coverage calls a set lopsided)."""


def own_style(readings: Sequence[Mapping[str, str]]) -> tuple[str, str] | None:
    """Slot and word that most of a training set's pictures were read as; None where they vary or were not read."""
    for slot in SLOTS:
        words = Counter(read[slot] for read in readings if slot in read)
        if words:
            word, count = words.most_common(1)[0]
            return (slot, word) if count >= _MOST * words.total() else None
    return None


def is_own_style(asked: Mapping[str, str], read: Mapping[str, str], scale: Scale) -> bool | None:
    """Whether a picture asked for another style was read as the set's; None where that cannot be."""
    own = own_style(scale.words)
    if own is None or own[0] not in read or asked.get(own[0], own[1]) == own[1]:
        return None
    return read[own[0]] == own[1]


def style_contamination(batch: Batch) -> Interval | None:
    """Part of the pictures asked for another style that came in the set's, less the control's part of the same."""
    return paired(_taken(batch.pictures), _taken(batch.control))


def _taken(pictures: Iterable[PictureScore]) -> dict[Key, float]:
    return {each.key: float(each.own_style) for each in pictures if each.triggered and each.own_style is not None}
