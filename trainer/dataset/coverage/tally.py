"""Sorts observed pictures into the buckets of every axis."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from ...faces.face import EXPRESSIONS
from ...faces.pose import angle_of
from .axis import Axis
from .clusters import groups
from .colour_name import colour_name
from .framing import ANGLES, FRAMINGS, NO_FACE, TILTS, framing_of
from .lighting import LIGHTINGS, name_light, neutral_of
from .observe import CoverageRow

AXES = ("angle", "expression", "lighting", "background", "outfit", "framing")
PIXELS = "pixels"


def tally(rows: Sequence[CoverageRow], expressions: Sequence[str] = EXPRESSIONS) -> list[Axis]:
    """One axis for each of `AXES`, in that order."""
    by = " + ".join(sorted({row.reader for row in rows if row.reader})) or "nobody looked for faces"
    neutral = neutral_of([row.light for row in rows if row.light is not None])
    light = [None if row.light is None else name_light(row.light, neutral) for row in rows]
    words = [row.words.get("expression") for row in rows]
    framing = [None if row.face is None else framing_of(row.face.box, row.size) for row in rows]
    return [
        _axis("angle", by, rows, [_angle(row) for row in rows], _angles_told(rows)),
        _axis(
            "expression", "read from the faces" if any(words) else "nobody reads expressions", rows, words, expressions
        ),
        _axis("lighting", PIXELS, rows, light, LIGHTINGS),
        _axis("background", PIXELS, rows, _backgrounds(rows)),
        _outfits(rows),
        _axis("framing", by, rows, framing, FRAMINGS),
    ]


def _speakers(rows: Sequence[CoverageRow], slot: str) -> str:
    return " + ".join(sorted({row.words_by for row in rows if row.words_by and slot in row.words}))


def _axis(
    name: str, by: str, rows: Sequence[CoverageRow], found: Sequence[str | None], wanted: Iterable[str] = ()
) -> Axis:
    buckets: dict[str, list[str]] = defaultdict(list, {bucket: [] for bucket in wanted})
    unmeasured: list[str] = []
    for row, bucket in zip(rows, found, strict=True):
        (unmeasured if bucket is None else buckets[bucket]).append(row.sha256)
    held = {bucket: tuple(shas) for bucket, shas in buckets.items()}
    return Axis(name=name, by=by, buckets=held, unmeasured=tuple(unmeasured))


def _angles_told(rows: Sequence[CoverageRow]) -> list[str]:
    """The angles that could have been told: a reader without pitch cannot miss a face that looks up."""
    faces = [row.face for row in rows if row.face is not None]
    has_pitch = any(face.pitch is not None for face in faces)
    return [angle for angle in ANGLES if angle != NO_FACE and (has_pitch or angle not in TILTS)]


def _angle(row: CoverageRow) -> str | None:
    if row.face is None:
        return None if row.reader is None else NO_FACE
    return angle_of(row.face.yaw, row.face.pitch)


def _backgrounds(rows: Sequence[CoverageRow]) -> list[str | None]:
    seen = [row for row in rows if row.border is not None]
    names = _named(groups([row.border for row in seen if row.border is not None]), [row.colour for row in seen])
    return _spread(rows, [row.border is not None for row in rows], names)


def _outfits(rows: Sequence[CoverageRow]) -> Axis:
    """By the words of an attribute reader, else of the captions, else by colours below the chin."""
    read = [row.words.get("clothing") for row in rows]
    if any(read):
        return _axis("outfit", _speakers(rows, "clothing") or "given words", rows, read)
    told = [row.clothing for row in rows]
    if sum(word is not None for word in told) * 2 >= max(1, len(rows)):
        return _axis("outfit", "captions", rows, told)
    seen = [row for row in rows if row.torso is not None]
    names = _named(groups([row.torso for row in seen if row.torso is not None]), [row.torso_colour for row in seen])
    return _axis("outfit", PIXELS, rows, _spread(rows, [row.torso is not None for row in rows], names))


def _named(numbers: Sequence[int], colours: Sequence[tuple[int, int, int]]) -> list[str]:
    """Groups by their commonest colour word, numbered where two groups share it."""
    votes: dict[int, Counter[str]] = defaultdict(Counter)
    for number, colour in zip(numbers, colours, strict=True):
        votes[number][colour_name(colour)] += 1
    taken: Counter[str] = Counter()
    names: dict[int, str] = {}
    for number in sorted(votes):
        word = votes[number].most_common(1)[0][0]
        taken[word] += 1
        names[number] = word if taken[word] == 1 else f"{word} {taken[word]}"
    return [names[number] for number in numbers]


def _spread(rows: Sequence[CoverageRow], has: Sequence[bool], names: Sequence[str]) -> list[str | None]:
    """Names given to the pictures that have something to name, None to the others."""
    left = iter(names)
    return [next(left) if present else None for _, present in zip(rows, has, strict=True)]
