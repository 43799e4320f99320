"""Takes the character's appearance out of tags and sentences, so that the trigger learns them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from ..prose.appearance import may_describe_appearance, remove_appearance
from ..prose.appearance_phrase import AppearancePhrase
from ..prose.guard import guarded, lost_words
from ..prose.persons import sex_in
from ..prose.phrase import Sentence, sentences_of
from ..prose.repair import repaired
from ..prose.tags import ClassifiedTag, classify_tag, normalise_tag
from ..words import words
from .caption_rules import CaptionRules

_LONGEST = 600
"""Letters of a sentence beyond which its analysis is not remembered: bounds what the memory can take."""
_WITH = re.compile(r"\bw/ ?(?=\w)")
_DETERMINERS = words("a an the her his their some")


SENSE = "sense"
"""The row of what went with looks only so that the sentence still reads."""


class Removed(NamedTuple):
    """A fragment that was taken out, and the row of the appearance table, or `meta`, `drop`, `sense`, that took it."""

    text: str
    row: str


@dataclass(frozen=True, slots=True)
class Pruned:
    """What is left, as text and, of tags, one by one; and what was taken out."""

    text: str
    removed: tuple[Removed, ...]
    kept: tuple[ClassifiedTag, ...] = ()


def prune_tags(tags: Iterable[str], rules: CaptionRules, share: Mapping[str, float]) -> Pruned:
    """`tags` without identity, meta and what the drop list names; order and first spelling stay.

    `share` gives the part of the set's pictures, 0..1, that has a tag (in its usual spelling); one that is not in it
    counts as being in all.
    """
    kept: dict[str, ClassifiedTag] = {}
    removed: list[Removed] = []
    plain = rules.kept is None and rules.dropped is None and rules.own is None
    for word in map(classify_tag, tags):
        if plain and word.plain:
            kept.setdefault(word.key, word)
        elif (rest := _pruned_word(word, rules, share, removed)) is not None and rest.key:
            kept.setdefault(rest.key, rest)
    return Pruned(", ".join(word.text for word in kept.values()), tuple(removed), tuple(kept.values()))


def _pruned_word(
    word: ClassifiedTag, rules: CaptionRules, share: Mapping[str, float], removed: list[Removed]
) -> ClassifiedTag | None:
    """What is left of one tag; a phrase that lost its appearance is classified again by what it has become."""
    while (row := tag_goes(word, rules, share)) is None:
        rest, gone = _prune_text(word.text, rules, share) if word.is_phrase else ("", [])
        if not gone or rest == word.text:
            return word
        removed += gone
        word = classify_tag(rest)
    removed.append(Removed(word.text, row))
    return None


def prune_sentence(text: str, rules: CaptionRules, share: Mapping[str, float], subject: str = "") -> Pruned:
    """`text` without phrases on the character's appearance; sentences that say nothing of it stay letter for letter.

    `subject` is the word for the character, like woman: other people keep their looks.
    """
    rest, removed = _prune_text(text, rules, share, sex_in(text, subject))
    return Pruned(rest, tuple(removed))


def appearance_in(text: str, subject: str = "") -> list[AppearancePhrase]:
    """Every phrase on the character's appearance in `text`, whatever any rule makes of it."""
    sex = sex_in(text, subject)
    return [found for sentence in sentences_of(text)[::2] for found in _appearance_removed(sentence, sex)[0]]


@lru_cache(maxsize=8192)
def analysed(
    sentence: str, sex: str, only: frozenset[AppearancePhrase] | None
) -> tuple[tuple[AppearancePhrase, ...], str]:
    """The phrases on the character's appearance in one sentence, and the sentence without all, or `only` some."""
    line = Sentence.of(sentence)
    if not may_describe_appearance(set(line.low)):
        return (), sentence
    found: list[AppearancePhrase] = []

    def decides(phrase: AppearancePhrase) -> bool:
        found.append(phrase)
        return only is None or phrase in only

    remove_appearance(line, decides, sex)
    return tuple(found), guarded(sentence, repaired(line)) if found else sentence


def _appearance_removed(
    sentence: str, sex: str, only: frozenset[AppearancePhrase] | None = None
) -> tuple[tuple[AppearancePhrase, ...], str]:
    """The phrases on appearance of one sentence, and the sentence without them, or without `only` some of them."""
    return (analysed if len(sentence) <= _LONGEST else analysed.__wrapped__)(sentence, sex, only)


def tag_goes(word: ClassifiedTag, rules: CaptionRules, share: Mapping[str, float]) -> str | None:
    """The row that takes a tag out; None where it stays."""
    if rules.kept is not None and rules.kept.fullmatch(word.key):
        return None
    if rules.dropped is not None and rules.dropped.fullmatch(word.key):
        return "drop"
    if word.slot == "meta":
        return "meta"
    if rules.own is not None and rules.own.fullmatch(word.key):
        return "signature" if _goes("signature", rules, share.get(word.key, 1.0)) else None
    if word.row is None:
        return None
    if (setting := rules.appearance.get(word.row)) is not None:
        return word.row if setting == "omit" else None
    seen = max(share.get(word.key, 1.0), share.get(word.alias, 0.0) if word.alias else 0.0)
    return word.row if word.kind and _goes(word.kind, rules, seen) else None


def _goes(kind: str, rules: CaptionRules, share: float) -> bool:
    if kind == "optional" or rules.policy == "minimal":
        return False
    if rules.policy == "strict":
        return True
    return share >= (rules.signature_share if kind == "signature" else rules.core_share)


def phrase_goes(found: AppearancePhrase, rules: CaptionRules, share: Mapping[str, float]) -> bool:
    """Whether a phrase on appearance is taken out of a sentence."""
    if rules.kept is not None:
        names = (found.key, normalise_tag(found.text), *found.text.split())
        if any(rules.kept.fullmatch(name) for name in names):
            return False
    if (setting := rules.appearance.get(found.row)) is not None:
        return setting == "omit"
    # A captioner mentions freckles or youth when it likes: only colour, length and worn things can be an exception.
    counted = found.kind == "signature" or "_" in found.key
    return _goes(found.kind, rules, share.get(found.key, 1.0) if counted else 1.0)


def _prune_text(text: str, rules: CaptionRules, share: Mapping[str, float], sex: str = "") -> tuple[str, list[Removed]]:
    removed: list[Removed] = []
    parts = sentences_of(_WITH.sub("with ", text) if "w/" in text else text)
    for place in range(0, len(parts), 2):
        parts[place] = _prune_one(parts[place], rules, share, sex, removed)
    return (_rejoined(parts) if removed else text), removed


def _prune_one(text: str, rules: CaptionRules, share: Mapping[str, float], sex: str, removed: list[Removed]) -> str:
    if rules.phrases:
        text = _without_phrases(text, rules, removed)
    found, bare = _appearance_removed(text, sex)
    going = [phrase for phrase in found if phrase_goes(phrase, rules, share)] if bare != text else []
    if not going:
        return text
    removed += [Removed(phrase.text, phrase.row) for phrase in going]
    rest = bare if len(going) == len(found) else _appearance_removed(text, sex, frozenset(going))[1]
    if lost := lost_words(text, rest, " ".join(phrase.text for phrase in going)):
        removed.append(Removed(lost, SENSE))
    return rest


def _without_phrases(text: str, rules: CaptionRules, removed: list[Removed]) -> str:
    line = Sentence.of(text)
    for phrase in rules.phrases:
        _remove_words(line, phrase, removed)
    return repaired(line)


def _remove_words(line: Sentence, phrase: Sequence[re.Pattern[str]], removed: list[Removed]) -> None:
    size = len(phrase)
    for place in range(len(line.low) - size + 1):
        words = line.low[place : place + size]
        if all(pattern.fullmatch(word) for pattern, word in zip(phrase, words, strict=True)):
            line.remove(place - (line.at(place - 1) in _DETERMINERS), place + size)
            removed.append(Removed(" ".join(words), "drop"))


def _rejoined(parts: list[str]) -> str:
    kept: list[str] = []
    for place in range(0, len(parts), 2):
        if parts[place].strip():
            kept += [parts[place - 1] if kept else "", parts[place]]
    return "".join(kept).strip()
