"""Signs in the captions: words that take the trigger's place, and captions without it."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from ...captions.prose.parse import parse
from ...captions.rules.apply import shares
from ...captions.rules.caption_rules import CaptionRules
from ...captions.rules.compose import spelling
from ...captions.rules.prune import prune_sentence, prune_tags
from ...captions.words.identity import ROWS
from ...dataset.dataset import Dataset
from ...dataset.sample import Sample
from .case import Case, listed

RULES = CaptionRules(rewrite_hand=True)
_MOST_OFTEN = 0.3
"""Share of the captions that must describe looks: what fewer say is an exception that has to be said (CaptionRules)."""


def identity_words(case: Case) -> str | None:
    """Captions describe looks that the trigger should stand for."""
    found = looks_told(case)
    if len(found) <= _MOST_OFTEN * max(len(case.train), 1):
        return None
    said = listed(looks_by_count(found))
    return f"{len(found)} of {len(case.train)} captions describe looks ({said}), which the trigger should stand for"


def trigger_missing(case: Case) -> str | None:
    """Half of the captions or more lack the trigger as the dataset spells it."""
    lacking = without_trigger(case)
    if not lacking or 2 * len(lacking) < len(case.train) or case.dataset is None:
        return None
    return f"{len(lacking)} of {len(case.train)} captions do not have the trigger '{case.dataset.trigger}'"


def trigger_differs(case: Case) -> str | None:
    """The comparison asked for another word than was trained."""
    if case.dataset is None or case.report.trigger == case.dataset.trigger:
        return None
    return f"prompts named '{case.report.trigger}', captions '{case.dataset.trigger}'"


def captions_alike(case: Case) -> str | None:
    """Most captions say no more than trigger and class word, or all the same."""
    if not case.train:
        return None
    common = Counter(sample.caption.strip().lower() for sample in case.train).most_common(1)[0][1]
    if common < 4 or 2 * common <= len(case.train):
        return None
    return f"{common} of {len(case.train)} captions are the same"


def looks_told(case: Case) -> Mapping[str, tuple[str, ...]]:
    """Looks that the caption rules would prune, by the sha256 of the picture."""
    if case.dataset is None:
        return {}
    named = spelling(case.dataset.trigger)
    share = shares([parse(named.sub(" ", sample.caption)) for sample in case.train], case.dataset.subject)
    found = {each.sha256: looks_in(each.caption, case.dataset, share) for each in case.train}
    return {sha256: looks for sha256, looks in found.items() if looks}


def looks_in(caption: str, dataset: Dataset, share: Mapping[str, float]) -> tuple[str, ...]:
    """Looks in one caption that the rules would prune; `share` is the part of the captions that has each."""
    parsed = parse(spelling(dataset.trigger).sub(" ", caption))
    prose = prune_sentence(parsed.prose, RULES, share, dataset.subject)
    gone = (*prune_tags(parsed.tags, RULES, share).removed, *prose.removed)
    return tuple(each.text for each in gone if each.row in ROWS)


def looks_by_count(found: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The words, commonest first."""
    return tuple(word for word, _ in Counter(word for words in found.values() for word in words).most_common())


def without_trigger(case: Case) -> tuple[Sample, ...]:
    """Captions, if there are any, that lack it; an empty one is trained as trigger and class word."""
    if case.dataset is None:
        return ()
    exact = re.compile(rf"(?<![\w]){re.escape(case.dataset.trigger)}(?![\w])")
    return tuple(
        sample
        for sample in case.train
        if any(caption.strip() and not exact.search(caption) for caption in sample.captions)
    )
