"""Applies the caption rules to a dataset: reversible, since they always start from what the captioner said."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ...dataset.dataset import Dataset
from ...dataset.finding import Finding
from ...dataset.sample import Sample
from ..prose.limits import estimate_tokens
from ..prose.parse import ParsedCaption
from ..prose.tags import classify_tag
from ..words.identity import ROWS
from .caption_rules import CaptionRules
from .caption_sources import LONGEST, CaptionSources, merged
from .closeup import is_close_up
from .compose import CaptionContext, CaptionInput, Composed, compose
from .diff import Diff
from .prune import SENSE, appearance_in
from .style import style_rule

MARK, CUT, LONG, HAND, STYLE, SHORTENED = (
    "caption_mark", "caption_cut", "caption_long", "caption_by_hand", "caption_style", "caption_shortened",
)  # fmt: skip
_OURS = frozenset({MARK, CUT, LONG, SHORTENED})


@dataclass(frozen=True, kw_only=True)
class Ruled:
    """The dataset with its captions rewritten, one diff a picture in its order, and findings on the whole set."""

    dataset: Dataset
    diffs: tuple[Diff, ...]
    findings: tuple[Finding, ...] = ()


def apply_rules(
    dataset: Dataset,
    rules: CaptionRules,
    *,
    lighting: Mapping[str, str] | None = None,
    count: Callable[[str], int] = estimate_tokens,
) -> Ruled:
    """Rewrite every caption by `rules`; captions written by hand stay unless `rules.rewrite_hand`.

    A sample's `raw` and `tags` are the source where it has them, else its caption, which then becomes its `raw`: other
    rules may be applied later and nothing is lost. `lighting` names the light of a picture by its sha256 for captions
    that do not speak of light. Variants take the words of the picture they were made from, and only their style from
    their own. `count` counts tokens for the family's limit.
    """
    by_sha = {sample.sha256: sample for sample in dataset.samples}
    sources = CaptionSources(by_sha, rules, lighting or {}, {})
    ruled = [sample for sample in dataset.samples if sources.is_ruled(sample)]
    seen = [sources.said_by_captioner(sample) for sample in dataset.samples if sources.parent(sample) is None]
    share = shares([parsed for parsed in seen if parsed is not None], dataset.subject)
    styles = style_rule(rules, [sources.parsed_caption(sample) for sample in ruled])
    context = CaptionContext(rules, share, styles, dataset.trigger, dataset.subject, count)
    pairs = [_ruled(sample, sources, context) for sample in dataset.samples]
    findings = _set_findings(len(dataset.samples) - len(ruled), context, len(ruled))
    samples = tuple(sample for sample, _ in pairs)
    return Ruled(dataset=dataset.with_samples(samples), diffs=tuple(diff for _, diff in pairs), findings=findings)


def shares(captions: Sequence[ParsedCaption], subject: str = "") -> dict[str, float]:
    """The part of the pictures, 0..1, that has each tag or phrase on appearance; those without words do not count."""
    counts: Counter[str] = Counter()
    described = 0
    for words in captions:
        if words.tags or words.prose:
            described += 1
            counts.update(_keys(words, subject))
    return {key: number / described for key, number in counts.items()}


def _keys(parsed: ParsedCaption, subject: str) -> set[str]:
    keys = {found.key for found in appearance_in(parsed.prose, subject)}
    for tag in parsed.tags:
        word = classify_tag(tag)
        keys.add(word.key)
        if word.alias:
            keys.add(word.alias)
        if word.is_phrase:
            keys.update(found.key for found in appearance_in(word.text))
    return keys


def _ruled(sample: Sample, sources: CaptionSources, context: CaptionContext) -> tuple[Sample, Diff]:
    before = sources.text(sample)
    if not sources.is_ruled(sample):
        return sample, Diff(sha256=sample.sha256, name=sample.path.name, before=before, after=before)
    parent = sources.parent(sample)
    inherits_hand = parent is not None and not sources.is_ruled(parent)
    composed = compose(sources.input_of(sample), _untouched(context) if inherits_hand else context)
    keeps_raw = composed.text == before or sample.raw and sample.author != "hand"
    raw = sample.raw if keeps_raw else before
    findings = (*(f for f in sample.findings if f.check not in _OURS), *_findings(composed, before))
    others = _alternatives(sample, sources, context)
    ruled = replace(sample, caption=composed.text, alternatives=others, raw=raw, findings=findings)
    diff = Diff(
        sha256=sample.sha256, name=sample.path.name, before=before, after=composed.text, removed=composed.removed
    )
    return ruled, diff


def _alternatives(sample: Sample, sources: CaptionSources, context: CaptionContext) -> tuple[str, ...]:
    inputs = [
        CaptionInput(merged(text, ()), is_close_up(sample), sources.light(sample)) for text in sample.alternatives
    ]
    return tuple(dict.fromkeys(compose(said, context).text for said in inputs))


def _untouched(context: CaptionContext) -> CaptionContext:
    """Prunes nothing: a variant of a picture captioned by hand says what the hand wrote."""
    described = CaptionRules(
        policy="minimal",
        keep=("*",),
        order=context.rules.order,
        family=context.rules.family,
        tokens=context.rules.tokens,
        appearance=dict.fromkeys(ROWS, "describe"),
    )
    return replace(context, rules=described)


def _findings(composed: Composed, before: str) -> Iterable[Finding]:
    if len(before) > LONGEST:
        text = f"The caption has {len(before)} letters; only the first {LONGEST} were read. Caption the picture again."
        yield Finding(check=LONG, level="warning", text=text, value=float(len(before)))
    if composed.marks:
        text = f"The captioner sees {', '.join(composed.marks)} on this picture; paint it out or the LoRA learns it."
        yield Finding(check=MARK, level="warning", text=text)
    if lost := [gone.text for gone in composed.removed if gone.row == SENSE]:
        text = f"With the looks went the words '{'; '.join(lost)}', so that the sentence still reads; look it over."
        yield Finding(check=SHORTENED, level="note", text=text, value=float(len(lost)))
    if composed.cut:
        text = f"{composed.cut} fragments did not fit the limit and were left out, the last of the fullest slots first."
        yield Finding(check=CUT, level="note", text=text, value=float(composed.cut))


def _set_findings(hand: int, context: CaptionContext, ruled: int) -> tuple[Finding, ...]:
    findings: list[Finding] = []
    if hand:
        text = f"{hand} captions written by hand were left alone; set rewrite_hand to have the rules rewrite them too."
        findings.append(Finding(check=HAND, level="note", text=text, value=float(hand)))
    if ruled and context.rules.style == "auto":
        findings.append(Finding(check=STYLE, level="note", text=_style_sentence(context)))
    return tuple(findings)


def _style_sentence(context: CaptionContext) -> str:
    if context.style.keep:
        return "Style words are written, since the pictures differ in style; set style to drop to leave them out."
    if constant := context.style.constant:
        return f"Every caption says '{constant}', since all pictures are renders; set style to drop to leave it out."
    return "Style words are left out, since the pictures do not differ in style; set style to keep to write them."
