"""Captions of drawn pictures: `[who], [subject], [clothing], [expression], [turn], [scene], [background], [style]`."""

import numpy as np

from .identity import Identity
from .look import Look

SUBJECT = "person"
_SYLLABLES = ("ka", "lo", "mi", "ren", "su", "ta", "vo", "zel", "ny", "ard", "ix", "um", "pha", "dor", "ei", "qu")


def caption(who: list[str], look: Look) -> str:
    """A full caption of `look`; `who` is a trigger, or words that describe the person, or nothing."""
    return ", ".join([*_before_subject(who), SUBJECT, *_after_subject(who), *look.slots().values()])


def varied_caption(identity: Identity, look: Look, rng: np.random.Generator) -> str:
    """A caption as people write them: named, described or neither; slots left out and out of order now and then.

    Made-up names on pictures of anybody teach the base that a word it does not know means some person or other,
    so that an untrained trigger draws a stranger instead of breaking the picture.
    """
    form = rng.random()
    who: list[str] = []
    if form < 0.3:
        who = [made_up_name(rng)]
    elif form < 0.7:
        words = identity.words()
        keep = rng.random(len(words)) < 0.85
        who = [word for word, kept in zip(words, keep, strict=True) if kept]
        if form < 0.36:
            who = [made_up_name(rng), *who]
    slots = [text for text in look.slots().values() if rng.random() < 0.88]
    if rng.random() < 0.25:
        rng.shuffle(slots)
    return ", ".join([*_before_subject(who), SUBJECT, *_after_subject(who), *slots])


def made_up_name(rng: np.random.Generator) -> str:
    """Two or three syllables, sometimes with a trigger's usual tail."""
    name = "".join(str(rng.choice(_SYLLABLES)) for _ in range(int(rng.integers(2, 4))))
    tail = rng.random()
    return f"{name}_character" if tail < 0.4 else f"{name}_{SUBJECT}" if tail < 0.5 else name


def _before_subject(who: list[str]) -> list[str]:
    return who[:1] if who and " " not in who[0] else []


def _after_subject(who: list[str]) -> list[str]:
    return who[len(_before_subject(who)) :]
