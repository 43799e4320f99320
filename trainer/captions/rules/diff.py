"""What the rules changed in a caption, word by word."""

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from .prune import Removed

_TOKEN = re.compile(r"[^\s,]+|,")


@dataclass(frozen=True, slots=True)
class DiffWord:
    """One word of a comparison; a word that only moved is `same` where it stands now."""

    text: str
    kind: Literal["same", "gone", "new"]


@dataclass(frozen=True, kw_only=True)
class Diff:
    """One picture's caption before and after the rules, and the fragments that were taken out."""

    sha256: str
    name: str
    before: str
    after: str
    removed: tuple[Removed, ...] = ()

    @property
    def changed(self) -> bool:
        return self.before != self.after

    @property
    def words(self) -> tuple[DiffWord, ...]:
        return word_diff(self.before, self.after)


def word_diff(before: str, after: str) -> tuple[DiffWord, ...]:
    """`after` with what it no longer has: where that stood, if words around it are left, else at the end.

    Joined, `same` and `new` are `after`'s words in order. Whole fragments that only moved are `same`.
    """
    new = _TOKEN.findall(after)
    old = _fragments(before, {word.lower() for word in new})
    moved = Counter(map(_key, old)) & Counter(map(_key, _fragments(after, set())))
    left = _without(old, Counter(moved))
    open_places = _open_places(new, Counter(moved))
    kinds, gone = _compared(left, new, open_places)
    words: list[DiffWord] = []
    for place, text in enumerate(new):
        words += [DiffWord(lost, "gone") for lost in gone.get(place, ())]
        words.append(DiffWord(text, kinds.get(place, "same")))
    words += [DiffWord(lost, "gone") for lost in gone.get(len(new), ())]
    return tuple(_settle_moves(words))


def _compared(
    old: list[str], new: list[str], places: list[int]
) -> tuple[dict[int, Literal["same", "new"]], dict[int, list[str]]]:
    """What the words of `new` at `places` are, and which words of `old` are gone before which place."""
    # Commas hold nothing in place: those of the two sides are kept from matching each other.
    keys = [word.lower() for word in old], [new[place].lower().replace(",", ", ") for place in places]
    steps = SequenceMatcher(None, *keys, autojunk=False).get_opcodes()
    holds = any(step == "equal" for step, *_ in steps)
    kinds: dict[int, Literal["same", "new"]] = {}
    gone: dict[int, list[str]] = {}
    for step, start, end, first, last in steps:
        kinds.update((place, "same" if step == "equal" else "new") for place in places[first:last])
        if step != "equal" and (lost := _trimmed(old[start:end])):
            following = places[first] if first < len(places) else places[-1] + 1 if places else len(new)
            gone.setdefault(following if holds else len(new), []).extend(lost)
    return kinds, gone


def _fragments(text: str, spelled: set[str]) -> list[list[str]]:
    """The words of each part between commas; tags as words, since captions write `long hair` for `long_hair`."""
    parts = [_TOKEN.findall(part) for part in text.split(",")]
    return [[word for whole in part for word in _parts(whole, spelled)] for part in parts if part]


def _key(fragment: list[str]) -> str:
    return " ".join(fragment).lower()


def _without(fragments: list[list[str]], moved: Counter[str]) -> list[str]:
    """The words of the fragments that did not just move, commas between them."""
    left: list[str] = []
    for fragment in fragments:
        if moved[_key(fragment)]:
            moved[_key(fragment)] -= 1
        else:
            left += [",", *fragment] if left else fragment
    return left


def _open_places(new: list[str], moved: Counter[str]) -> list[int]:
    """Places of the words that are in no fragment that just moved."""
    places: list[int] = []
    start = 0
    for end in [*(place for place, word in enumerate(new) if word == ","), len(new)]:
        key = _key(new[start:end])
        if moved[key]:
            moved[key] -= 1
        else:
            places += range(start, min(end + 1, len(new)))
        start = end + 1
    return places


def _trimmed(words: list[str]) -> list[str]:
    """Without commas at either end."""
    while words and words[0] == ",":
        words = words[1:]
    while words and words[-1] == ",":
        words = words[:-1]
    return words


def _parts(word: str, spelled: set[str]) -> list[str]:
    """A tag's words; a word the caption has as it is stays whole."""
    return (
        [word] if word.lower() in spelled or "_" not in word.strip("_") else [part for part in word.split("_") if part]
    )


def _settle_moves(words: list[DiffWord]) -> list[DiffWord]:
    gone = Counter(word.text.lower() for word in words if word.kind == "gone" and word.text != ",")
    moved = gone & Counter(word.text.lower() for word in words if word.kind == "new")
    leaving, coming = Counter(moved), Counter(moved)
    settled: list[DiffWord] = []
    for word in words:
        key = word.text.lower()
        if word.kind == "gone" and leaving[key]:
            leaving[key] -= 1
        elif word.kind == "new" and coming[key]:
            coming[key] -= 1
            settled.append(DiffWord(word.text, "same"))
        elif word.text == "," and word.kind == "new":
            settled.append(DiffWord(",", "same"))
        else:
            settled.append(word)
    return settled
