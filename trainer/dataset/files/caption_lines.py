"""What the lines of a caption file are: one caption, tags one a line, or several captions to take turns."""

from collections.abc import Sequence
from itertools import pairwise

from ..sample import Sample

_MOST_WORDS, _USUAL_WORDS = 4, 2.5
"""Of a tag, and of tags on average: lines of more are captions."""
_STOPS = (".", "!", "?", "…", "。")


_APART = "\n\n\n"
"""Between captions that would be read as tags or as one: trainers pass over empty lines, and nobody writes two."""


def captions_of(text: str) -> tuple[str, ...]:
    """The captions in a file, as OneTrainer and kohya's wildcard files have them: one a line, each once.

    Tags one a line are one caption, and so are lines that go on where the one before broke off. Lines with two empty
    ones between are captions whatever they hold.
    """
    lines = [" ".join(line.split()) for line in text.splitlines()]
    if _are_apart(lines):
        return tuple(dict.fromkeys(filter(None, lines)))
    lines = [line for line in lines if line]
    if _are_tags(lines):
        return (", ".join(line.rstrip(",").rstrip() for line in lines),)
    is_prose = bool(lines) and lines[-1].endswith(_STOPS)
    captions: list[str] = []
    for line in lines:
        if captions and (captions[-1].endswith(",") or (is_prose and _goes_on(captions[-1], line))):
            captions[-1] += f" {line}"
        else:
            captions.append(line)
    return tuple(dict.fromkeys(captions)) or ("",)


def caption_text(sample: Sample) -> str:
    """What a caption file says of a sample: its captions, one a line and each once."""
    captions = (" ".join(caption.replace("\0", "").split()) for caption in sample.captions)
    return "\n".join(dict.fromkeys(filter(None, captions)))


def caption_bytes(text: str) -> bytes:
    """The file of a `caption_text`, such that it is read as those captions again."""
    lines = text.split("\n")
    apart = text if captions_of(text) == tuple(lines) else _APART.join(lines)
    return apart.encode() + b"\n"


def _are_apart(lines: Sequence[str]) -> bool:
    """Whether two empty lines, no fewer and no more, stand between every two of several lines."""
    at = [number for number, line in enumerate(lines) if line]
    return len(at) > 1 and all(after - before == _APART.count("\n") for before, after in pairwise(at))


def _are_tags(lines: Sequence[str]) -> bool:
    bare = [line.rstrip(",").rstrip() for line in lines]
    words = [len(line.split()) for line in bare]
    if len(bare) < 2 or max(words) > _MOST_WORDS or sum(words) > _USUAL_WORDS * len(bare):
        return False
    # Captions start alike, with their trigger; tags do not.
    alike = max(words) > 1 and len({line.split()[0].casefold() for line in bare if line}) == 1
    return not alike and not any("," in line or line.endswith(_STOPS) for line in bare)


def _goes_on(before: str, line: str) -> bool:
    """Whether an editor broke a sentence here: it began with a capital, has no end yet, and no other begins."""
    return before[0].isupper() and not before.endswith(_STOPS) and line[0].islower()
