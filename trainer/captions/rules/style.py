"""Style words: which classes of style a set has, and what its captions say of style."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..prose.parse import ParsedCaption
from ..prose.persons import is_person
from ..prose.phrase import remembered, sentences_of
from ..prose.tags import classify_tag
from ..words import words
from ..words.beings import MANY
from ..words.prose import FINITE, HAVING, PREPOSITIONS, PRONOUNS
from .caption_rules import CaptionRules

CONSTANT = "3d render"
"""What every caption of a set of nothing but renders says, so that prompts may ask for something else."""

MIN_VOTES = 0.15
"""Share of the pictures that have to say a style before it counts."""
_FEW = 4
"""Pictures below which one of them is enough."""

_MEDIUM = (
    r"photo(?:graph(?:ic)?)?|image|picture|shot|portrait|selfie|snapshot|illustration|drawing|sketch|painting|"
    r"artwork|"
    r"render(?:ing)?|pic|snap|3d model|cartoon|digital art|watercolou?r|scene|close-up|headshot|depiction|art piece"
)
_OPENING = re.compile(
    rf"^\s*(?:(?:this|the|here) (?:is )?(?:(?:image|photo(?:graph)?|picture|illustration|artwork|render(?:ing)?|"
    rf"painting|drawing|scene)"
    rf"\s+)?(?:is |shows |depicts |features |captures |presents |portrays |showcases )+)?"
    rf"(?P<lead>(?:an? |the )?(?:[\w'-]+,? ){{0,6}}?(?:{_MEDIUM})(?:[ -](?:image|photo(?:graph)?|render|shot|"
    rf"portrait|style))? "
    rf"(?:of|featuring|depicting|showing|capturing) )?",
    re.IGNORECASE,
)
_IN_IMAGE = re.compile(
    r"^\s*in (?:this|the) (?:image|photo(?:graph)?|picture|illustration|artwork|render(?:ing)?|painting|drawing|scene)"
    r"(?:, we (?:can )?see|, there is|,| we (?:can )?see) ",
    re.IGNORECASE,
)
_ALLURING = words(
    "stunning striking charming breathtaking captivating flattering painting drawing rendering interesting amazing "
    "engaging inviting evening morning lighting upward outgoing glowing touching moving haunting"
)
"""What ends in -ing and may yet describe a picture."""
_CAMERA = re.compile(
    r"\b((?:extreme )?close-?up|(?:low|high|wide|dutch|medium|full|long|side|three-quarter)[- ](?:angle|shot|body|"
    r"view)(?: shot| view)?|full-body|"
    r"portrait|headshot|selfie|profile|upper-body|half-body|head-and-shoulders|cropped)\b",
    re.IGNORECASE,
)
_IN_STYLE = re.compile(
    r",?\s+(?:rendered |drawn |painted |done |depicted |created )?in (?:an?|the) [\w ,-]{0,60}?style(?: of [\w ]+)?",
    re.IGNORECASE,
)
_STYLE_SENTENCE = re.compile(
    r"^(?:the|this)\s+(?:overall |art(?:istic)? |visual )*(?:image|photo(?:graph)?|picture|style|artwork|"
    r"illustration|"
    r"render(?:ing)?|drawing|painting)(?: of the (?:image|picture|artwork))? (?:is|has|appears|looks)\b[^.!?]*"
    r"\b(?:style|photo-?realis\w+|realistic|rendered|illustrat\w+|anime|cgi|3d|cartoon|painterly|"
    r"watercolou?r)\b[^.!?]*[.!?]?$",
    re.IGNORECASE,
)
_IN_PROSE = tuple(
    (style, re.compile(rf"\b(?:{pattern})\b"))
    for style, pattern in (
        ("render", r"3d|cgi|computer[- ]generated|digital render\w*|render(?:ed|ing)? (?:of|in|image)|a render"),
        ("anime", r"anime|manga"),
        ("painting", r"painting of|watercolou?r (?:of|painting|style)|oil painting|painterly"),
        ("drawing", r"illustration|drawing of|sketch of|pencil sketch|line art|cartoon|comic"),
        ("photo", r"photo(?:graph)? (?:of|shows|features|captures|depicts)|photograph|photorealistic"),
    )
)
_STEMS = tuple(
    words("photo render 3d cgi computer anime manga paint watercol illustrat drawing sketch cartoon comic")
) + ("line art",)


_OPENING_STEMS = (
    *_STEMS,
    *words("image picture shot portrait selfie digital scene close-up headshot depict art style this"),
)


@dataclass(frozen=True, slots=True)
class StyleRule:
    """Whether captions keep their style words, and the one phrase that takes their place where all are alike."""

    keep: bool
    constant: str | None = None


def styles_of(parsed: ParsedCaption) -> frozenset[str]:
    """The style classes one picture's words speak of; a render that is called realistic too is a render."""
    said = {style for tag in parsed.tags if (style := classify_tag(tag).style)}
    said |= _told_styles(parsed.prose)
    return frozenset(said - {"photo"} if "render" in said else said)


@remembered
def _told_styles(prose: str) -> frozenset[str]:
    low = prose.lower()
    if not any(stem in low for stem in _STEMS):
        return frozenset()
    return frozenset(style for style, pattern in _IN_PROSE if pattern.search(low))


def style_rule(rules: CaptionRules, parsed: Sequence[ParsedCaption]) -> StyleRule:
    """Auto: style is written where the set mixes classes, as a constant where all are renders, else left out.

    A style counts once enough pictures say it: one slip of a tagger decides nothing.
    """
    if rules.style != "auto":
        return StyleRule(rules.style == "keep")
    by_picture = [styles_of(words) for words in parsed]
    votes = Counter(style for said in by_picture for style in said)
    held = {style for style, count in votes.items() if _is_held(count, len(by_picture))}
    if len(held - {"monochrome"}) > 1 or "monochrome" in held and votes["monochrome"] < len(by_picture):
        return StyleRule(True)
    spoken = sum(bool(said) for said in by_picture)
    renders = held - {"monochrome"} == {"render"} and 2 * votes["render"] > spoken
    return StyleRule(False, CONSTANT if renders else None)


def _is_held(count: int, pictures: int) -> bool:
    """Whether so many pictures say a style that it is no slip of a tagger."""
    return count >= MIN_VOTES * pictures and (count > 1 or pictures < _FEW)


def without_opening(prose: str, *, keep_style: bool) -> str:
    """`prose` without `This image shows` and, unless style is kept, without the words that name its style.

    What the opening says of the camera stays: `A close-up photo of a woman` becomes `A close-up of a woman`.
    """
    parts = sentences_of(prose)
    opened = _opened_with_style if keep_style else _opened
    parts[::2] = map(opened, parts[::2])
    return "".join(part for n, part in enumerate(parts) if n % 2 == 0 or parts[n - 1]).strip()


@remembered
def _opened(sentence: str) -> str:
    return _without_lead(_without_style(sentence), keep_style=False) if _may_open(sentence) else sentence


@remembered
def _opened_with_style(sentence: str) -> str:
    return _without_lead(sentence, keep_style=True) if _may_open(sentence) else sentence


def _may_open(sentence: str) -> bool:
    low = sentence.lower()
    return any(stem in low for stem in _OPENING_STEMS)


def _without_lead(sentence: str, *, keep_style: bool) -> str:
    if (within := _IN_IMAGE.match(sentence)) is not None:
        sentence = _capital(sentence[within.end() :])
    found = _OPENING.match(sentence)
    if found is None or not found[0].strip():
        return sentence
    lead = found["lead"] or ""
    if lead and not _is_picture(lead):
        told = found.start("lead")
        return _capital(sentence[told:]) if told else sentence
    rest = sentence[found.end() :]
    if not rest or keep_style and lead:
        return _capital(lead + rest) if lead and lead != found[0] else sentence
    camera = _CAMERA.search(lead)
    return _capital(f"a {camera[1].lower()} of {rest}" if camera else rest)


def _is_picture(lead: str) -> bool:
    """Whether `A … photo of` names the picture itself, rather than tell of somebody who takes one."""
    low = [word for word in lead.lower().replace(",", " ").split() if word not in {"of", "a", "an", "the"}]
    return not any(
        word in FINITE
        or word in PRONOUNS
        or word in PREPOSITIONS
        or word in MANY
        or word in HAVING
        or is_person(word)
        and word not in {"model", "artist"}
        or word.endswith("ing")
        and word not in _ALLURING
        and word != "rendering"
        for word in low
        if word not in {"featuring", "depicting", "showing", "capturing"}
    )


def _without_style(sentence: str) -> str:
    """`sentence` without `in the style of …`; nothing where it speaks of nothing but style."""
    if sentence[:4].lower() in {"the ", "this"} and _STYLE_SENTENCE.match(sentence) is not None:
        opening = _OPENING.match(sentence)
        if opening is None or opening["lead"] is None:
            return ""
    return _IN_STYLE.sub("", sentence) if "style" in sentence else sentence


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
