"""Captions of drawn pictures: `[who], [subject], [clothing], [expression], [turn], [scene], [background], [style]`."""

import numpy as np

from .identity import Identity
from .look import Look

SUBJECT = "person"
_ONSETS = tuple("bcdfghjklmnprstvwxyz") + ("qu", "ph")
_VOWELS = ("a", "e", "i", "o", "u", "ei")
_CODAS = ("", "", "", "l", "n", "r", "s", "ck", "th", "x")


def caption(who: list[str], look: Look) -> str:
    """A full caption of `look`; `who` is a trigger, or words that describe the person, or nothing."""
    return ", ".join([*_before_subject(who), SUBJECT, *_after_subject(who), *look.slots().values()])


def varied_caption(identity: Identity, look: Look, rng: np.random.Generator, name: str | None = None) -> str:
    """A caption as people write them: named, described or neither; slots left out and out of order now and then.

    `name` is what this person is always called. A base that met names only at random learns to overlook them, and a
    LoRA trained on it then cannot tell its trigger from any other caption. One in ten captions of people without a
    name makes one up, so that an untrained trigger draws a stranger instead of breaking the picture.
    """
    return _written(_called(identity, rng, name) if name else _unknown(identity, rng), look, rng)


def untold_caption(look: Look, rng: np.random.Generator) -> str:
    """A caption as people write them that says nothing of the person; one in three has a name that nobody bears, since
    triggers stand beside a reference."""
    return _written([made_up_name(rng)] if rng.random() < 1 / 3 else [], look, rng)


def _written(who: list[str], look: Look, rng: np.random.Generator) -> str:
    slots = [text for text in look.slots().values() if rng.random() < 0.88]
    if rng.random() < 0.25:
        rng.shuffle(slots)
    return ", ".join([*_before_subject(who), SUBJECT, *_after_subject(who), *slots])


def _called(identity: Identity, rng: np.random.Generator, name: str) -> list[str]:
    form = rng.random()
    if form < 0.65:
        return [name]
    if form < 0.8:
        return [name, *_described(identity, rng)]
    return _described(identity, rng) if form < 0.9 else []


def _unknown(identity: Identity, rng: np.random.Generator) -> list[str]:
    form = rng.random()
    if form < 0.1:
        return [made_up_name(rng)]
    return _described(identity, rng) if form < 0.65 else []


def _described(identity: Identity, rng: np.random.Generator) -> list[str]:
    words = identity.words()
    keep = rng.random(len(words)) < 0.85
    return [word for word, kept in zip(words, keep, strict=True) if kept]


def made_up_name(rng: np.random.Generator) -> str:
    """Two or three syllables of any letters, sometimes with a trigger's usual tail."""
    parts = (_ONSETS, _VOWELS, _CODAS)
    syllables = ["".join(str(rng.choice(part)) for part in parts) for _ in range(int(rng.integers(2, 4)))]
    name, tail = "".join(syllables), rng.random()
    return f"{name}_character" if tail < 0.4 else f"{name}_{SUBJECT}" if tail < 0.5 else name


def _before_subject(who: list[str]) -> list[str]:
    return who[:1] if who and " " not in who[0] else []


def _after_subject(who: list[str]) -> list[str]:
    return who[len(_before_subject(who)) :]
