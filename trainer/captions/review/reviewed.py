"""Captions as a person looks them through: what goes on, what was pruned, what is odd, and what captions share."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ...dataset.audit.review import picture_ids
from ...dataset.dataset import Dataset
from ...dataset.finding import Finding
from ...dataset.sample import Sample
from ..captioners.apply_caption import CAPTION, LOOK_ALIKE
from ..prose.limits import estimate_tokens
from ..prose.parse import parse
from ..prose.tags import classify_tag
from ..rules.apply import Ruled, apply_rules
from ..rules.caption_rules import CaptionRules
from ..rules.compose import spelling
from ..rules.diff import DiffWord, word_diff
from ..rules.fragments import Fragment, count_fragments, fragments_of
from ..rules.prune import appearance_in
from ..rules.trigger import Tokenizers, check_trigger
from ..words.identity import ROWS
from .caption_review import CaptionReview
from .lint import Remark, lint

_MOST_FRAGMENTS = 200
_OURS = (CAPTION, LOOK_ALIKE)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One picture: its sample as it goes on, the words the rules took and gave, what is odd about its caption.

    `texts` holds what each captioner's caption would be, None where it has none; () where that is the caption anyhow.
    """

    picture: str
    sample: Sample
    words: tuple[DiffWord, ...]
    findings: tuple[Finding, ...]
    edited: bool
    source: int
    texts: tuple[str | None, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AppearanceCount:
    """A row of the appearance table: from how many captions it was left out, and how many speak of it."""

    row: str
    omitted: int
    said: int


@dataclass(frozen=True, kw_only=True)
class Shared:
    """A fragment and the pictures whose captions have it."""

    fragment: Fragment
    pictures: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """The dataset as it goes on, a row for each picture in its order, and what is said of the set."""

    dataset: Dataset
    rows: tuple[Row, ...]
    appearance: tuple[AppearanceCount, ...]
    shared: tuple[Shared, ...]
    findings: tuple[Finding, ...]

    @property
    def by_hand(self) -> int:
        """Captions that captioning again leaves alone."""
        return sum(row.sample.author == "hand" for row in self.rows)


def review_captions(  # noqa: PLR0913
    said: Sequence[Dataset],
    rules: CaptionRules | None,
    review: CaptionReview,
    *,
    lighting: Mapping[str, str] | None = None,
    count: Callable[[str], int] = estimate_tokens,
    tokenizers: Tokenizers | None = None,
) -> Reviewed:
    """What becomes of the captions of `said`, one dataset a captioner, the first in the lead, under `review`.

    Without `rules` captions stay as they come, unless the review sets rows of appearance: then the guide's rules apply.
    Texts by hand come last and are kept to the letter.
    """
    in_force = review.applied_to(rules or CaptionRules())
    is_ruled = rules is not None or bool(review.appearance)
    ruled = [
        apply_rules(one, in_force, lighting=lighting, count=count) if is_ruled else Ruled(dataset=one, diffs=())
        for one in said
    ]
    captioned = [_without_silence(one.dataset, before) for one, before in zip(ruled, said, strict=True)]
    chosen = review.chosen([ruled[0].dataset, *captioned[1:]])
    done = review.edited(chosen)
    remarks = lint(done, in_force)
    rows = _rows(done, captioned, review, _by_picture(remarks))
    whole = [remark.finding for remark in remarks if remark.sha256 is None]
    trigger = check_trigger(done.trigger, done, tokenizers or {})
    return Reviewed(
        dataset=done,
        rows=rows,
        appearance=_appearance(rows, ruled, done.subject),
        shared=_shared(rows, done),
        findings=(*ruled[0].findings, *trigger, *whole),
    )


def _by_picture(remarks: Sequence[Remark]) -> dict[tuple[str, str], list[Finding]]:
    """Findings of single pictures, by sha256 and file name."""
    found: dict[tuple[str, str], list[Finding]] = {}
    for remark in remarks:
        if remark.sha256 is not None and remark.name is not None:
            found.setdefault((remark.sha256, remark.name), []).append(remark.finding)
    return found


def _without_silence(ruled: Dataset, before: Dataset) -> Dataset:
    """The rules give every picture at least trigger and subject; a captioner that said nothing has no caption."""
    pairs = zip(ruled.samples, before.samples, strict=True)
    return ruled.with_samples(
        tuple(after if was.caption or was.raw or was.tags else replace(after, caption="") for after, was in pairs)
    )


def _rows(
    done: Dataset, captioned: Sequence[Dataset], review: CaptionReview, odd: Mapping[tuple[str, str], list[Finding]]
) -> tuple[Row, ...]:
    by_source = [dict(zip(picture_ids(one.samples), one.samples, strict=True)) for one in captioned]
    rows: list[Row] = []
    for picture, sample in zip(picture_ids(done.samples), done.samples, strict=True):
        captions = [(known[picture].caption or None) if picture in known else None for known in by_source]
        own = [finding for finding in sample.findings if finding.check.startswith(_OURS)]
        source = review.source_of(picture)
        rows.append(
            Row(
                picture=picture,
                sample=sample,
                words=word_diff(_before(sample), sample.caption),
                findings=(*own, *odd.get((sample.sha256, sample.path.name), ())),
                edited=picture in review.captions,
                source=source if source < len(captions) and captions[source] else 0,
                texts=tuple(captions) if len(captioned) > 1 or picture in review.captions else (),
            )
        )
    return tuple(rows)


def _before(sample: Sample) -> str:
    """What the captioner said, in words; a text by hand is not held against it."""
    if sample.author == "hand":
        return sample.caption
    return sample.raw or sample.caption


def _appearance(rows: Sequence[Row], ruled: Sequence[Ruled], subject: str) -> tuple[AppearanceCount, ...]:
    removed = {(diff.sha256, diff.name): diff.removed for diff in ruled[0].diffs}
    omitted: Counter[str] = Counter()
    said: Counter[str] = Counter()
    for row in rows:
        gone = removed.get((row.sample.sha256, row.sample.path.name), ())
        omitted.update({one.row for one in gone} if row.sample.author != "hand" else ())
        said.update(_rows_in(row.sample.caption, subject))
    return tuple(AppearanceCount(row=row, omitted=omitted[row], said=said[row]) for row in ROWS)


def _rows_in(caption: str, subject: str) -> set[str]:
    parsed = parse(caption)
    words = [classify_tag(tag) for tag in parsed.tags]
    phrases = [parsed.prose, *(word.text for word in words if word.is_phrase)]
    return {word.row for word in words if word.row} | {
        found.row for text in phrases for found in appearance_in(text, subject)
    }


def _shared(rows: Sequence[Row], dataset: Dataset) -> tuple[Shared, ...]:
    named = spelling(dataset.trigger)
    fragments = count_fragments((row.sample.caption for row in rows), dataset.trigger, dataset.subject)
    holders: dict[str, list[str]] = {}
    for row in rows:
        for key in fragments_of(named.sub(" ", row.sample.caption)):
            holders.setdefault(classify_tag(key).text, []).append(row.picture)
    return tuple(Shared(fragment=one, pictures=tuple(holders.get(one.text, ()))) for one in fragments[:_MOST_FRAGMENTS])
