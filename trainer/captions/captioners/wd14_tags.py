"""From a WD tagger's scores to tags: its list of words, thresholds, MCut and spelling."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import ModelError, RecipeError
from .captioner import Category, RawCaption, Tag

_CATEGORIES: dict[str, Category] = {"0": "general", "4": "character"}
_CHARACTER_FLOOR = 0.15
"""MCut on characters alone would name one in every picture."""
_KAOMOJI = frozenset(
    ("0_0", "(o)_(o)", "+_+", "+_-", "._.", "<o>_<o>", "<|>_<|>", "=_=", ">_<", "3_3")
    + ("6_9", ">_o", "@_@", "^_^", "o_o", "u_u", "x_x", "|_|", "||_||")
)


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """Least score of a tag by category. None lets MCut choose it a picture: the middle of the widest gap of scores."""

    general: float | None = 0.35
    character: float | None = 0.85

    def __post_init__(self) -> None:
        for name, value in (("general", self.general), ("character", self.character)):
            if value is not None and not value > 0:
                raise RecipeError(f"The {name} threshold {value} must be above 0; 0.35 is usual.")


@dataclass(frozen=True)
class TagVocabulary:
    """The words a network scores, in the order of its output, and the places of those of each category."""

    names: tuple[str, ...]
    places: Mapping[Category, np.ndarray]


def read_vocabulary(path: Path) -> TagVocabulary:
    """Read `selected_tags.csv` (columns name and category at least); ModelError when it is no such list."""
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
        names = tuple(row["name"] for row in rows)
        kinds = np.array([row["category"].strip() for row in rows])
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, AttributeError) as fault:
        raise ModelError(f"{path} is not a tagger's list of words ({fault!r}); download it again.") from fault
    places: dict[Category, np.ndarray] = {
        category: np.flatnonzero(kinds == digits) for digits, category in _CATEGORIES.items()
    }
    if not len(places["general"]):
        raise ModelError(f"{path} lists no general tags (category 0); take the tagger's own selected_tags.csv.")
    return TagVocabulary(names, places)


def decode(
    scores: np.ndarray, words: TagVocabulary, thresholds: Thresholds, *, underscores: bool = False
) -> RawCaption:
    """Tags of one picture's scores (as many as words), best first; ratings are left out, characters out of the text."""
    tags = [
        *_above(scores, words, "general", thresholds.general),
        *_above(scores, words, "character", thresholds.character),
    ]
    shown = [tag.name if underscores else readable(tag.name) for tag in tags if tag.category == "general"]
    return RawCaption(", ".join(shown), tuple(tags))


def readable(name: str) -> str:
    """A tag with spaces for underscores, except in faces like `>_<`."""
    return name if name in _KAOMOJI else name.replace("_", " ")


def mcut(scores: Sequence[float] | np.ndarray) -> float:
    """The middle of the widest gap between sorted scores (Largeron, Moulin, Géry 2012); above 1 when there is none."""
    ordered = np.sort(np.asarray(scores, np.float64))[::-1]
    if len(ordered) < 2:
        return 2.0
    widest = int(np.argmax(ordered[:-1] - ordered[1:]))
    return float(ordered[widest] + ordered[widest + 1]) / 2


def _least(scores: np.ndarray, category: Category, threshold: float | None) -> float:
    if threshold is not None:
        return threshold
    return max(mcut(scores), _CHARACTER_FLOOR) if category == "character" else mcut(scores)


def _above(scores: np.ndarray, words: TagVocabulary, category: Category, threshold: float | None) -> list[Tag]:
    places = words.places[category]
    own = scores[places]
    found = np.flatnonzero(own >= _least(own, category, threshold))
    ordered = found[np.argsort(-own[found], kind="stable")]
    return [Tag(words.names[places[place]], category, float(own[place])) for place in ordered]
