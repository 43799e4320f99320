"""What a person decided about captions: texts by hand, whose captions to take, and which appearance to say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast, get_args

from ...dataset.audit.review import PICTURE_ID, picture_ids
from ...dataset.dataset import Dataset
from ...dataset.files.layout import one_line
from ...dataset.sample import Sample
from ...errors import DatasetError
from ...storage.values import checked_values, json_object
from ..captioners.apply_caption import MAX_CHARACTERS
from ..captioners.captioner import MOST_SOURCES
from ..rules.caption_rules import Appearance, CaptionRules
from ..words.identity import ROWS

_MOST_LETTERS = 16_000_000
_MOST_PICTURES = 20_000


@dataclass(frozen=True, kw_only=True)
class CaptionReview:
    """Decisions on pictures by `picture_ids`. `captions` are texts by hand; `sources` numbers the captioner whose words
    a picture takes where that is not `source`; `appearance` sets rows of appearance against the rules."""

    captions: Mapping[str, str] = field(default_factory=dict[str, str])
    sources: Mapping[str, int] = field(default_factory=dict[str, int])
    source: int = 0
    appearance: Mapping[str, Appearance] = field(default_factory=dict[str, Appearance])

    @classmethod
    def from_text(cls, text: str) -> "CaptionReview":
        """Read the JSON that the page writes; "" is no decision. DatasetError for anything else."""
        if not text.strip():
            return cls()
        known = checked_values(cls, json_object(text, _MOST_LETTERS, _unreadable), DatasetError)
        return cls(
            captions={name: _caption(text) for name, text in _by_picture(known.get("captions", {})).items()},
            sources={name: _source(number) for name, number in _by_picture(known.get("sources", {})).items()},
            source=_source(known.get("source", 0)),
            appearance=_appearance(known.get("appearance", {})),
        )

    def applied_to(self, rules: CaptionRules) -> CaptionRules:
        """The rules with the rows of appearance that were decided on."""
        return replace(rules, appearance={**rules.appearance, **self.appearance}) if self.appearance else rules

    def source_of(self, picture: str) -> int:
        return self.sources.get(picture, self.source)

    def chosen(self, said: Sequence[Dataset]) -> Dataset:
        """The first dataset with every picture's words from the captioner chosen for it, where that one has any."""
        by_source = [dict(zip(picture_ids(one.samples), one.samples, strict=True)) for one in said]
        rows = zip(picture_ids(said[0].samples), said[0].samples, strict=True)
        return said[0].with_samples(tuple(self._chosen(name, sample, by_source) for name, sample in rows))

    def edited(self, dataset: Dataset) -> Dataset:
        """The dataset with the texts by hand in place, each the only caption of its picture; what was said before stays
        on the samples as `raw`."""
        rows = zip(picture_ids(dataset.samples), dataset.samples, strict=True)
        return dataset.with_samples(tuple(self._edited(name, sample) for name, sample in rows))

    def _chosen(self, picture: str, sample: Sample, by_source: Sequence[Mapping[str, Sample]]) -> Sample:
        source = self.source_of(picture)
        other = by_source[source].get(picture) if source < len(by_source) else None
        if other is None or other is sample or not other.caption:
            return sample
        return replace(
            sample,
            caption=other.caption,
            alternatives=other.alternatives,
            author=other.author,
            raw=other.raw,
            tags=other.tags,
            findings=other.findings,
        )

    def _edited(self, picture: str, sample: Sample) -> Sample:
        text = self.captions.get(picture)
        if text is None:
            return sample
        return replace(sample, caption=text, alternatives=(), author="hand", raw=sample.raw or sample.caption)


def _by_picture(values: object) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise _unreadable("a list of pictures is no object")
    rows = cast(dict[str, Any], values)
    if len(rows) > _MOST_PICTURES:
        raise _unreadable(f"it names more than {_MOST_PICTURES} pictures")
    if not all(PICTURE_ID.fullmatch(name) for name in rows):
        raise _unreadable("it names something that is no picture")
    return rows


def _caption(value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_CHARACTERS:
        raise _unreadable(f"a caption is no text of at most {MAX_CHARACTERS:,} characters")
    return one_line(value)


def _source(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < MOST_SOURCES:
        raise _unreadable(f"a captioner is no number from 0 to {MOST_SOURCES - 1}")
    return value


def _appearance(values: object) -> dict[str, Appearance]:
    rows = cast(dict[Any, Any], values) if isinstance(values, dict) else None
    if rows is None or not all(row in ROWS and choice in get_args(Appearance) for row, choice in rows.items()):
        raise _unreadable(f"appearance is not made of {', '.join(ROWS)}, each omit or describe")
    return cast(dict[str, Appearance], rows)


def _unreadable(why: str) -> DatasetError:
    return DatasetError(
        f"The review kept in Review captions cannot be read ({why}); press Start afresh at the node's top right, or "
        "send an empty `review`."
    )
