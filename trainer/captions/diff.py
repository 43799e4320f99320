"""What the rules changed in a caption, word by word."""

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from .prune import Removed

_TOKEN = re.compile(r"[^\s,]+|,")


@dataclass(frozen=True, slots=True)
class Word:
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
    def words(self) -> tuple[Word, ...]:
        return word_diff(self.before, self.after)


def word_diff(before: str, after: str) -> tuple[Word, ...]:
    """`after` with what it no longer has where that stood. Joined, `same` and `new` are `after`'s words in order."""
    new = _TOKEN.findall(after)
    spelled = {word.lower() for word in new}
    old = [part for word in _TOKEN.findall(before) for part in _parts(word, spelled)]
    keys = [word.lower() for word in old], [word.lower() for word in new]
    words: list[Word] = []
    for step, start, end, first, last in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        if step == "equal":
            words += [Word(text, "same") for text in new[first:last]]
            continue
        words += [Word(text, "gone") for text in old[start:end] if text != ","]
        words += [Word(text, "new") for text in new[first:last]]
    return tuple(_settle_moves(words))


def _parts(word: str, spelled: set[str]) -> list[str]:
    """A tag's words, since captions write `long hair` for `long_hair`; a word the caption has as it is stays whole."""
    return (
        [word] if word.lower() in spelled or "_" not in word.strip("_") else [part for part in word.split("_") if part]
    )


def _settle_moves(words: list[Word]) -> list[Word]:
    gone = Counter(word.text.lower() for word in words if word.kind == "gone")
    moved = gone & Counter(word.text.lower() for word in words if word.kind == "new")
    leaving, coming = Counter(moved), Counter(moved)
    settled: list[Word] = []
    for word in words:
        key = word.text.lower()
        if word.kind == "gone" and leaving[key]:
            leaving[key] -= 1
        elif word.kind == "new" and coming[key]:
            coming[key] -= 1
            settled.append(Word(word.text, "same"))
        elif word.text == "," and word.kind == "new":
            settled.append(Word(",", "same"))
        else:
            settled.append(word)
    return settled
