"""Writes one caption from what a captioner said: pruned, mapped to the subject word, in slots, within the limit."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..prose.limits import estimate_tokens, fit, joined
from ..prose.parse import ParsedCaption, parse
from ..prose.tags import ClassifiedTag, classify_tag, normalise_tag
from .caption_rules import CaptionRules
from .closeup import close_up_prose, close_up_tags
from .naming import may_name, named, spelling
from .prune import Removed, prune_sentence, prune_tags
from .style import StyleRule, without_opening

_LIT = re.compile(
    r"\b(?:lighting|(?:back|side|rim|sun|moon|candle)-?lit|(?:sun|moon|candle|day|lamp|back)-?light|shadows?|shadowy|glow(?:ing)?|sunset|"
    r"sunrise|dusk|golden hour|silhouett\w+|neon|dimly lit|well-lit|brightly lit|illuminat\w+|lens flare|overcast|"
    r"(?:soft|natural|warm|cool|bright|dim|harsh|ambient|diffused|studio|even|side|low|golden|blue|white|morning|evening|window|dramatic|"
    r"artificial|overhead|direct|gentle|the|of) lights?)\b",
    re.IGNORECASE,
)


_SERIES = re.compile(r"\\?\([^()]*\\?\)")


@dataclass(frozen=True, slots=True)
class CaptionContext:
    """What holds for every caption of a set."""

    rules: CaptionRules
    share: Mapping[str, float]
    style: StyleRule
    trigger: str
    subject: str
    count: Callable[[str], int] = estimate_tokens


@dataclass(frozen=True, slots=True)
class CaptionInput:
    """What holds for one picture: its words, the light it shows, and `styles` where it inherits all but its style."""

    parsed: ParsedCaption
    close_up: bool = False
    light: str = ""
    styles: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Composed:
    """The caption, what was taken out, words written on the picture itself, and how many fragments did not fit."""

    text: str
    removed: tuple[Removed, ...]
    marks: tuple[str, ...] = ()
    cut: int = 0


def compose(source: CaptionInput, context: CaptionContext) -> Composed:
    """The caption of one picture: the trigger first and once, then the subject, the slots and the sentences."""
    prose, removed = _prose(source, context)
    parsed = parse(prose) if prose != source.parsed.prose else ParsedCaption((), prose)
    fragments = _without_trigger((*source.parsed.tags, *parsed.tags), context.trigger)
    pruned = prune_tags(fragments, context.rules, context.share)
    words = _styled(source, context, _subjects(_unnamed(pruned.kept, context.trigger), context.subject))
    if source.close_up:
        words = close_up_tags(words)
    form = context.rules.form
    text = "" if form == "tags" and words else parsed.prose
    if form == "sentence" and text:
        words = [word for word in words if source.close_up and word.slot == "camera" or word.slot == "style"]
    if source.light and not _is_lit(words, text):
        words.append(ClassifiedTag(normalise_tag(source.light), source.light, "lighting"))
    text, cut = _written(words, text, context)
    marks = tuple(gone.text for gone in pruned.removed if gone.row == "meta" and classify_tag(gone.text).mark)
    return Composed(text, (*removed, *pruned.removed), marks, cut)


def _prose(source: CaptionInput, context: CaptionContext) -> tuple[str, tuple[Removed, ...]]:
    if not source.parsed.prose or context.rules.form == "tags" and source.parsed.tags:
        return "", ()
    keep_style = context.style.keep and source.styles is None
    plain = named(source.parsed.prose, context.trigger, context.subject)
    pruned = prune_sentence(plain, context.rules, context.share, context.subject)
    text = without_opening(pruned.text, keep_style=keep_style)
    text = close_up_prose(text) if source.close_up else text
    return text, pruned.removed


def _written(words: Sequence[ClassifiedTag], text: str, context: CaptionContext) -> tuple[str, int]:
    """The caption, and how many fragments did not fit it."""
    slots: dict[str, list[str]] = {slot: [] for slot in context.rules.order}
    for word in words:
        slots[word.slot].append(word.text)
    slots["subject"] = [context.subject, *slots["subject"]] if context.subject else slots["subject"]
    whole = joined(context.trigger, slots.values(), text)
    if context.rules.limit is None or len(whole) <= context.rules.limit or context.count(whole) <= context.rules.limit:
        return whole, 0
    kept, text, cut = fit(list(slots.values()), text, context.trigger, (context.rules.limit, context.count))
    return joined(context.trigger, kept, text), cut


def _styled(source: CaptionInput, context: CaptionContext, words: list[ClassifiedTag]) -> list[ClassifiedTag]:
    """`words` with their style words, or the set's constant, or the picture's own in place of inherited ones."""
    own = [word for word in words if word.slot == "style"]
    if source.styles is not None:
        own = [classify_tag(style) for style in source.styles]
    if not context.style.keep:
        own = [classify_tag(context.style.constant)] if context.style.constant else []
    return [*(word for word in words if word.slot != "style"), *own]


def _subjects(words: Sequence[ClassifiedTag], subject: str) -> list[ClassifiedTag]:
    """Words for one person give way to the subject word; a second person of the other sex and counts stay."""
    sexes = {word.sex for word in words if word.sex}
    ours = classify_tag(subject).sex if subject else None
    name = normalise_tag(subject)
    return [
        word
        for word in words
        if word.key != name and (not word.single or len(sexes) > 1 and word.key.startswith("1") and word.sex != ours)
    ]


def _is_lit(words: Sequence[ClassifiedTag], text: str) -> bool:
    return any(word.slot == "lighting" for word in words) or _LIT.search(text) is not None


def _without_trigger(tags: Sequence[str], trigger: str) -> list[str]:
    if not may_name(" ".join(tags), trigger):
        return list(tags)
    called = spelling(trigger)
    kept: list[str] = []
    for tag in tags:
        rest = " ".join(called.sub(" ", tag).split()) if called.search(tag) else tag
        if rest == tag or any(letter.isalnum() for letter in rest) and not _SERIES.fullmatch(rest):
            kept.append(rest)
    return kept


def _unnamed(words: Sequence[ClassifiedTag], trigger: str) -> Sequence[ClassifiedTag]:
    """`words` without the trigger where pruning brought its parts together."""
    if not may_name(" ".join(word.text for word in words), trigger):
        return words
    return [classify_tag(tag) for tag in _without_trigger([word.text for word in words], trigger)]
