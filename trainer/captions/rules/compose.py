"""Writes one caption from what a captioner said: pruned, mapped to the subject word, in slots, within the limit."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..prose.limits import estimate_tokens, fit, joined
from ..prose.parse import Spoken, parse
from ..prose.tags import Word, normal, word_of
from .caption_rules import CaptionRules
from .closeup import close_up_prose, close_up_tags
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
class Brief:
    """What holds for every caption of a set."""

    rules: CaptionRules
    share: Mapping[str, float]
    style: StyleRule
    trigger: str
    subject: str
    count: Callable[[str], int] = estimate_tokens


@dataclass(frozen=True, slots=True)
class Draft:
    """What holds for one picture: its words, the light it shows, and `styles` where it inherits all but its style."""

    spoken: Spoken
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


def compose(draft: Draft, brief: Brief) -> Composed:
    """The caption of one picture: the trigger first and once, then the subject, the slots and the sentences."""
    prose, removed = _prose(draft, brief)
    spoken = parse(prose) if prose != draft.spoken.prose else Spoken((), prose)
    fragments = _without_trigger((*draft.spoken.tags, *spoken.tags), brief.trigger)
    pruned = prune_tags(fragments, brief.rules, brief.share)
    words = _styled(draft, brief, _subjects(_unnamed(pruned.kept, brief.trigger), brief.subject))
    if draft.close_up:
        words = close_up_tags(words)
    form = brief.rules.form
    text = "" if form == "tags" and words else spoken.prose
    if form == "sentence" and text:
        words = [word for word in words if draft.close_up and word.slot == "camera" or word.slot == "style"]
    if draft.light and not _is_lit(words, text):
        words.append(Word(normal(draft.light), draft.light, "lighting"))
    text, cut = _written(words, text, brief)
    marks = tuple(gone.text for gone in pruned.removed if gone.row == "meta" and word_of(gone.text).mark)
    return Composed(text, (*removed, *pruned.removed), marks, cut)


def _prose(draft: Draft, brief: Brief) -> tuple[str, tuple[Removed, ...]]:
    if not draft.spoken.prose or brief.rules.form == "tags" and draft.spoken.tags:
        return "", ()
    keep_style = brief.style.keep and draft.styles is None
    pruned = prune_sentence(draft.spoken.prose, brief.rules, brief.share)
    text = without_opening(pruned.text, keep_style=keep_style)
    text = close_up_prose(text) if draft.close_up else text
    return _named(text, brief.trigger, brief.subject), pruned.removed


def _written(words: Sequence[Word], text: str, brief: Brief) -> tuple[str, int]:
    """The caption, and how many fragments did not fit it."""
    slots: dict[str, list[str]] = {slot: [] for slot in brief.rules.order}
    for word in words:
        slots[word.slot].append(word.text)
    slots["subject"] = [brief.subject, *slots["subject"]] if brief.subject else slots["subject"]
    whole = joined(brief.trigger, slots.values(), text)
    if brief.rules.limit is None or len(whole) <= brief.rules.limit or brief.count(whole) <= brief.rules.limit:
        return whole, 0
    kept, text, cut = fit(list(slots.values()), text, brief.trigger, (brief.rules.limit, brief.count))
    return joined(brief.trigger, kept, text), cut


def _styled(draft: Draft, brief: Brief, words: list[Word]) -> list[Word]:
    """`words` with their style words, or the set's constant, or the picture's own in place of inherited ones."""
    own = [word for word in words if word.slot == "style"]
    if draft.styles is not None:
        own = [word_of(style) for style in draft.styles]
    if not brief.style.keep:
        own = [word_of(brief.style.constant)] if brief.style.constant else []
    return [*(word for word in words if word.slot != "style"), *own]


def _subjects(words: Sequence[Word], subject: str) -> list[Word]:
    """Words for one person give way to the subject word; a second person of the other sex and counts stay."""
    sexes = {word.sex for word in words if word.sex}
    ours = word_of(subject).sex if subject else None
    name = normal(subject)
    return [
        word
        for word in words
        if word.key != name and (not word.single or len(sexes) > 1 and word.key.startswith("1") and word.sex != ours)
    ]


def _is_lit(words: Sequence[Word], text: str) -> bool:
    return any(word.slot == "lighting" for word in words) or _LIT.search(text) is not None


@lru_cache(maxsize=64)
def spelling(trigger: str) -> re.Pattern[str]:
    """The trigger as a word of its own, also with spaces or hyphens for its underscores, in any case."""
    parts = [re.escape(part) for part in re.split(r"[_\s-]+", trigger) if part]
    body = r"[_\s-]+".join(parts) if parts else re.escape(trigger)
    return re.compile(rf"(?<![^\W_]){body}(?![^\W_])(?P<owner>['’]s)?", re.IGNORECASE)


def _without_trigger(tags: Sequence[str], trigger: str) -> list[str]:
    if not _may_name(" ".join(tags), trigger):
        return list(tags)
    named = spelling(trigger)
    kept: list[str] = []
    for tag in tags:
        rest = " ".join(named.sub(" ", tag).split()) if named.search(tag) else tag
        if rest == tag or any(letter.isalnum() for letter in rest) and not _SERIES.fullmatch(rest):
            kept.append(rest)
    return kept


def _unnamed(words: Sequence[Word], trigger: str) -> Sequence[Word]:
    """`words` without the trigger where pruning brought its parts together."""
    if not _may_name(" ".join(word.text for word in words), trigger):
        return words
    return [word_of(tag) for tag in _without_trigger([word.text for word in words], trigger)]


def _may_name(text: str, trigger: str) -> bool:
    return trigger.lower().split("_")[0].split("-")[0] in text.lower()


def _named(text: str, trigger: str, subject: str) -> str:
    """`text` with `the woman` for the trigger, which stands at the front of the caption already."""

    def instead(found: re.Match[str]) -> str:
        before = text[: found.start()].rstrip().rsplit(" ", 1)[-1].lower()
        if before in {"a", "an", "the", "her", "his", "their", "this", "named", "called"}:
            return ""
        article = "The" if not text[: found.start()].strip() or text[: found.start()].rstrip()[-1] in ".!?" else "the"
        return f"{article} {subject or 'person'}{found['owner'] or ''}"

    if not _may_name(text, trigger):
        return text
    return re.sub(r"  +", " ", spelling(trigger).sub(instead, text))
