"""What one tag is: its usual spelling, its slot in the caption, and whether it describes the character's appearance."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from ..words import closeup, slots, words
from ..words.identity import CLASSES, FAMILY_OF, KEEP, Kind
from ..words.prose import HEADS
from ..words.slots import CAMERA, CLOTHING, EXPRESSION, KAOMOJI, LIGHTING, META, POSE, SETTING, STYLES, SUBJECT
from .appearance import may_describe_appearance

LONGEST = 80
"""Letters of a fragment beyond which it is no tag; also bounds what the memory of classified tags can take."""

_WEIGHT = re.compile(r"^[(\[{]++(.*?)(?::[\d.]+)?[)\]}]+$")
_LINKS = words("with of and wearing the a an is in")
_BRACKETS = frozenset("([{")
_EDGES = re.compile(r"^(?:[_.;,]|(?:an?|the)_(?=.))+|[_.;,]+$")
_FACE = re.compile(r"[^a-z0-9]*[a-z0-9]?_?[^a-z]*[a-z0-9]?")


def _any(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


_META, _SUBJECT, _EXPRESSION, _KEEP = _any(META), _any(SUBJECT), _any(EXPRESSION), _any(KEEP)
_MARK = re.compile(slots.MARKS)
_SINGLE = re.compile(slots.SINGLE)
_FEMALE, _MALE = re.compile(slots.SINGLE_FEMALE), re.compile(slots.SINGLE_MALE)
_APPEARANCE = tuple((_any(group.patterns), group) for group in CLASSES)
_STYLES = tuple((_any(patterns), style) for style, patterns in STYLES.items())
_PLACES = ((CAMERA, "camera"), (LIGHTING, "lighting"), (POSE, "pose"), (CLOTHING, "clothing"), (SETTING, "setting"))
_SLOTS = tuple((_any(patterns), slot) for patterns, slot in _PLACES)
_HIDDEN = _any((closeup.FRAMING, *closeup.BODY, *closeup.FAR_CLOTHING, *closeup.FAR_SETTING))


@dataclass(frozen=True, slots=True)
class ClassifiedTag:
    """A tag as it is judged: `key` its usual spelling, `text` how a caption writes it.

    `row` and `kind` are set where it describes the character's appearance; `style` names the style class; `single`
    marks a word for one person, `sex` whose; `mark` something written on the picture; `hidden` what a close-up does
    not show; `is_phrase` a phrase rather than a tag, which may speak of appearance too. `alias` is its colour family,
    under which `auburn_hair` and `red_hair` count as the same appearance. `plain` words are taken out by no policy.
    """

    key: str
    text: str
    slot: str
    row: str | None = None
    kind: Kind | None = None
    style: str | None = None
    sex: str | None = None
    single: bool = False
    mark: bool = False
    hidden: bool = False
    is_phrase: bool = False
    alias: str | None = None
    plain: bool = field(init=False)

    def __post_init__(self) -> None:
        plain = self.row is None and not self.is_phrase and self.slot != "meta" and self.key != ""
        object.__setattr__(self, "plain", plain)


def normalise_tag(tag: str) -> str:
    r"""The usual spelling: lower case, underscores, no `\(` escapes, no `(tag:1.2)` weight, no leading article."""
    key = "_".join(tag.lower().replace("_", " ").split())
    if (drawn := tag.strip().lower().replace(" ", "_").replace("\\(", "(").replace("\\)", ")")) in KAOMOJI:
        return drawn
    while (peeled := _peeled(key)) != key:
        key = peeled
    return key


def _peeled(key: str) -> str:
    key = key.replace("\\(", "(").replace("\\)", ")")
    if key[:1] in _BRACKETS and len(key) > 3 and (weighted := _WEIGHT.match(key)) and weighted[1].strip("_"):
        key = weighted[1].strip("_")
    return key if is_emoticon(key) else _EDGES.sub("", key) or key


def is_emoticon(key: str) -> bool:
    """Whether it is drawn with marks: `^_^`, `o_o`, `||_||`, so that an underscore is a mouth."""
    return key in KAOMOJI or len(key) <= 4 and _FACE.fullmatch(key) is not None and not key.isalnum()


@lru_cache(maxsize=65536)
def classify_tag(tag: str) -> ClassifiedTag:
    """`tag` classified; the first class that fits wins."""
    key = normalise_tag(tag)
    text = key if is_emoticon(key) else key.replace("_", " ")
    if len(key) > LONGEST:
        return ClassifiedTag(key, " ".join(tag.split()), "other", is_phrase=True)
    if key in KAOMOJI:
        return ClassifiedTag(key, key, "expression")
    if _META.fullmatch(key):
        return ClassifiedTag(key, text, "meta", mark=_MARK.fullmatch(key) is not None)
    if _SUBJECT.fullmatch(key):
        sex = "female" if _FEMALE.fullmatch(key) else "male" if _MALE.fullmatch(key) else None
        return ClassifiedTag(key, text, "subject", single=_SINGLE.fullmatch(key) is not None, sex=sex)
    if _EXPRESSION.fullmatch(key):
        is_phrase = (
            may_describe_appearance(set(text.split())) and text.split()[-1] not in HEADS
        )  # `red-lipped smile`, not `raised eyebrows`
        return ClassifiedTag(key, text, "expression", is_phrase=is_phrase)
    return _appearance(key, text) or _placed(key, text)


def _appearance(key: str, text: str) -> ClassifiedTag | None:
    if _KEEP.fullmatch(key) or text.count(" ") > 2 and not _LINKS.isdisjoint(text.split()):
        return None  # a phrase: `close-up of a woman with freckles` is more than freckles
    for pattern, group in _APPEARANCE:
        if pattern.fullmatch(key):
            slot = "clothing" if group.kind == "optional" else "appearance"
            return ClassifiedTag(key, text, slot, row=group.row, kind=group.kind, alias=_alias(key, group.row))
    return None


def _alias(key: str, row: str) -> str | None:
    if row not in {"hair", "eyes", "skin"}:
        return None
    family = next((FAMILY_OF[part] for part in key.replace("-", "_").split("_") if part in FAMILY_OF), None)
    return f"{family}_{row}" if family else None


def _placed(key: str, text: str) -> ClassifiedTag:
    for pattern, style in _STYLES:
        if pattern.fullmatch(key):
            return ClassifiedTag(key, text, "style", style=style)
    hidden, kept = _HIDDEN.fullmatch(key) is not None, _KEEP.fullmatch(key) is not None
    for pattern, slot in _SLOTS:
        if pattern.fullmatch(key):
            acts = slot == "pose" or not kept
            return ClassifiedTag(
                key,
                text,
                slot,
                hidden=hidden,
                is_phrase=acts and text.count(" ") > 1 and may_describe_appearance(set(text.split())),
            )
    is_phrase = not kept and " " in text and may_describe_appearance(set(text.split()))
    return ClassifiedTag(key, text, "clothing" if kept else "other", hidden=hidden, is_phrase=is_phrase)
