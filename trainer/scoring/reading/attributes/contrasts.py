"""The words an attribute is told apart by: what a plan asks, and for each slot what else it could be."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...plan.compare_plan import ComparePlan


@dataclass(frozen=True)
class Contrast:
    """`sentence` holds a word as captions of photographs do; `words` are what else pictures show there."""

    sentence: str
    words: tuple[str, ...] = ()


_PLACE = Contrast(
    "a person, {} in the background",
    ("studio", "forest", "beach", "city street", "kitchen", "library", "mountains", "plain wall"),
)
_STYLE = Contrast("{}", ("a photograph", "an illustration", "a 3d render", "an oil painting", "a pencil sketch"))
CONTRASTS: Mapping[str, Contrast] = {
    "expression": Contrast(
        "a face, {}", ("neutral expression", "smiling", "sad expression", "mouth wide open", "eyes closed")
    ),
    "clothing": Contrast(
        "a person wearing {}",
        ("a t-shirt", "a dress", "a black suit", "a blue jacket", "a green sweater", "a red coat"),
    ),
    "place": _PLACE,
    "setting": _PLACE,
    "scene": _PLACE,
    "location": _PLACE,
    "background": Contrast("a person before a {} background"),
    "light": Contrast(
        "a picture in {}", ("bright daylight", "dark night", "warm evening light", "soft studio light", "candlelight")
    ),
    "style": _STYLE,
    "medium": _STYLE,
}
UNTOLD = frozenset({"turn", "angle", "view"})
"""Networks of this kind do not tell left from right: which way a head is turned is read off the face alone."""
_OTHER = Contrast("a picture of a person, {}")
_NO_SENSE = frozenset(
    {"a", "an", "the", "of", "in", "at", "on", "expression", "light", "background", "wearing", "plain"}
)
_STEM = 4


def slots_of(plan: ComparePlan) -> dict[str, tuple[str, ...]]:
    """By slot the words that prompts ask for, then contrasts that mean something else; two or more a slot.

    Never the trigger: the words are what is asked besides it, and prompts are not looked at.
    """
    asked: dict[str, dict[str, None]] = {}
    for probe in plan.probes:
        for slot, word in probe.asked.items():
            asked.setdefault(slot, {})[word] = None
    found = {slot: (*words, *_else(slot, words)) for slot, words in asked.items() if slot not in UNTOLD}
    return {slot: words for slot, words in found.items() if len(words) > 1}


def sentence(slot: str, word: str) -> str:
    """What is shown to the text encoder for a slot's word."""
    return CONTRASTS.get(slot, _OTHER).sentence.format(word)


def _else(slot: str, asked: Iterable[str]) -> Iterable[str]:
    """The slot's contrasts that share no word with what is asked: `smiling` is no contrast to `a wide smile`."""
    stems = {stem for word in asked for stem in _stems(word)}
    return (word for word in CONTRASTS.get(slot, _OTHER).words if not _stems(word) & stems)


def _stems(words: str) -> set[str]:
    return {word[:_STEM] for word in re.findall(r"[a-z0-9]+", words.lower()) if word not in _NO_SENSE}
