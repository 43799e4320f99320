"""Rewrites the caption of a picture that was cropped to a face: what can no longer be seen is not said."""

from collections.abc import Sequence

from ...dataset.sample import Sample
from ..prose.phrase import STOPS, Sentence, sentences_of
from ..prose.repair import repaired
from ..prose.tags import ClassifiedTag, classify_tag
from ..words import words
from ..words.closeup import FAR, VERBS
from ..words.prose import DETERMINERS, HAVING, PREPOSITIONS, WITHS

FACE_SHARE = 0.35
"""Face height over picture height above which a crop is a close-up (the framing buckets of the dataset report)."""
CLOSE_UP = ("close-up", "portrait")

_HANDS = words("hand hands arm arms")
_FACE = words("face cheek cheeks chin hair mouth lips head neck forehead ear glasses")
_NEXT = words("and while with wearing looking smiling holding gazing as but")


def is_close_up(sample: Sample) -> bool:
    """Whether `sample` is a crop whose face takes more than `FACE_SHARE` of its height."""
    if sample.origin != "crop" or sample.face is None:
        return False
    _, top, _, bottom = sample.face.box
    return bottom - top > FACE_SHARE * sample.height


def close_up_tags(words: Sequence[ClassifiedTag]) -> list[ClassifiedTag]:
    """Tags a close-up still shows, with `close-up, portrait` at the front."""
    marks = [classify_tag(mark) for mark in CLOSE_UP]
    return [*marks, *(word for word in words if not word.hidden and word.text not in CLOSE_UP)]


def close_up_prose(text: str) -> str:
    """`text` without poses, far things and clothes below the chest."""
    parts = sentences_of(text)
    for place in range(0, len(parts), 2):
        line = Sentence.of(parts[place])
        if (VERBS | FAR | _HANDS).isdisjoint(line.low):
            continue
        for n, word in enumerate(line.low):
            if word in VERBS and not line.removed[n]:
                _remove_pose(line, n)
        for n, word in enumerate(line.low):
            if (word in FAR or word in _HANDS and _is_low(line, n)) and not line.removed[n]:
                line.remove(_start_of_thing(line, n), n + 1)
        parts[place] = repaired(line)
    kept = [n for n in range(0, len(parts), 2) if parts[n].strip()]
    return "".join((parts[n - 1] if n and n != kept[0] else "") + parts[n] for n in kept)


def _remove_pose(line: Sentence, verb: int) -> None:
    """From the verb to the next thing that may still be seen; a finite verb stands in for `is` and is repaired so."""
    end = verb + 1
    while end < len(line.low) and line.low[end] not in STOPS and line.low[end] not in _NEXT:
        end += 1
    if line.low[verb].endswith("s"):
        line.words[verb] = line.low[verb] = "is"
        verb += 1
    line.remove(verb, max(end, verb))
    if verb == end and verb < len(line.low):
        line.removed[verb - 1] = True


def _is_low(line: Sentence, hand: int) -> bool:
    """Whether a hand is not at the face, as far as its clause says."""
    return _FACE.isdisjoint(line.low[hand : line.end_of_clause(hand)])


def _start_of_thing(line: Sentence, noun: int) -> int:
    """Where the phrase around a far thing begins: its adjectives, its determiner, and the preposition before it."""
    start = noun
    while start > 0:
        word = line.low[start - 1]
        if word in STOPS or word in {"and", "or", "with"} or word in WITHS or word in HAVING or line.removed[start - 1]:
            break
        start -= 1
        if word in PREPOSITIONS:
            break
        if word in DETERMINERS:
            return start - (line.at(start - 1) in PREPOSITIONS and line.at(start - 1) != "with")
    return start
