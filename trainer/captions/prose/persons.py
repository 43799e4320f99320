"""Words for persons: what names one, of which sex, and what may describe one."""

from functools import lru_cache

from ..words import prose as vocabulary
from ..words import words
from ..words.beings import ANIMALS, CHILDREN, CLOTHES, DOERS, FEMALE, KIN, MALE, MANY, NO_PEOPLE, PARTED, TRADES
from ..words.prose import (
    ADJECTIVES,
    ADVERBS,
    COPULAS,
    DETERMINERS,
    FINITE,
    HAVING,
    HEADS,
    PERSON_NOUNS,
    PERSON_ROWS,
    PERSONS,
    PREPOSITIONS,
    STATES,
    WITHS,
)
from .phrase import Sentence, remembered, sentences_of

SUBJECTS = words("she he they it i")
OBJECTS = words("her him them me")
JOINING = words("while whereas but and or as when because though although that who whose which where if so then")
"""What a new clause may begin with."""
_NOUNS = (PERSONS | CHILDREN | MANY | KIN | TRADES | frozenset(PERSON_NOUNS) | FEMALE | MALE) - words(
    "she he her his hers him herself himself ginger god"
)
_TAKING = words(
    "holding carrying taking using making having watching feeding hugging kissing facing following helping leading "
    "teaching serving standing sitting looking against during including nothing something everything evening "
    "morning ring"
)
_NEVER_PEOPLE = NO_PEOPLE | ANIMALS | PARTED | CLOTHES


@lru_cache(maxsize=8192)
def is_person(word: str) -> bool:
    """Whether a noun names a person: listed, or by its ending, as in `violinist` or `spokeswoman`."""
    bare = bare_of(word)
    if bare in _NOUNS:
        return True
    return len(bare) > 5 and bare.endswith(
        ("woman", "women", "sman", "ician", "ologist", "inist", "llist", "rdist", *DOERS)
    )


def bare_of(word: str) -> str:
    """`woman` for `woman's`."""
    return word[:-2] if word.endswith(("'s", "’s")) else word


def sex_of(word: str) -> str:
    """`f`, `m`, or `` where a word does not tell."""
    bare = bare_of(word)
    if bare in FEMALE or bare.endswith("woman"):
        return "f"
    return "m" if bare in MALE or len(bare) > 5 and bare.endswith("sman") else ""


def sex_in(text: str, subject: str) -> str:
    """The sex of the character that `text` tells of: its subject word's, else that of whoever is named first.

    Captioners mistake people: where nobody of the subject's sex is named, the first person is the character.
    """
    wanted = next((sex for word in subject.lower().split() if (sex := sex_of(word))), "")
    first = ""
    for sentence in sentences_of(text)[::2]:
        for sex in _sexes(sentence):
            if sex == wanted or not wanted:
                return sex
            first = first or sex
    return first


@remembered
def _sexes(sentence: str) -> tuple[str, ...]:
    """The sexes a sentence names, in its order."""
    return tuple(dict.fromkeys(sex for word in Sentence.of(sentence).low if (sex := sex_of(word))))


@lru_cache(maxsize=16384)
def is_describing(word: str) -> bool:
    """Whether a word may describe a being before its noun."""
    if word in ADJECTIVES or word in PERSON_ROWS or word in STATES or word in ADVERBS or "-" in word:
        return True
    if word in vocabulary.BEASTS or word in vocabulary.SPECIES:
        return True
    return word.endswith("ing") and len(word) > 5 and word not in WITHS and word not in _TAKING


@lru_cache(maxsize=16384)
def may_be_people(word: str) -> bool:
    """Whether an unknown word may name a person where an adjective of people stands before it."""
    return may_modify(word) and not word.endswith("s") and not is_describing(word) and word not in _NEVER_PEOPLE


@lru_cache(maxsize=16384)
def may_modify(word: str) -> bool:
    """Whether an unknown word may be a noun or adjective before another."""
    known = word in PREPOSITIONS or word in FINITE or word in COPULAS or word in HAVING or word in WITHS
    known = (
        known
        or word in DETERMINERS
        or word in JOINING
        or word in SUBJECTS
        or word in OBJECTS
        or word in HEADS
        or is_person(word)
    )
    return bool(word) and word[0].isalpha() and not known and not word.endswith(("ing", "'s", "’s", "ly"))
