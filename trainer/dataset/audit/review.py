"""What a person decided about a dataset: pictures dropped, pictures kept, findings acknowledged."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from ...errors import DatasetError
from ...storage.values import checked_values, json_object
from ..dataset import Dataset
from ..sample import Sample

PICTURE_ID = re.compile(r"[0-9a-f]{64}(#[1-9][0-9]{0,4})?")
_CHECK = re.compile(r"[a-z][a-z0-9_ -]{0,47}")
_MOST_LETTERS = 4_000_000
_MOST_PICTURES = 20_000
_MOST_CHECKS = 64


@dataclass(frozen=True, kw_only=True)
class Review:
    """Pictures by `picture_ids`. `waived` names the checks whose warnings are acknowledged of a picture,
    `waived_of_set` those of the set as a whole."""

    kept: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()
    waived: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    waived_of_set: frozenset[str] = frozenset()

    @classmethod
    def from_text(cls, text: str) -> "Review":
        """Read the JSON that the page writes; "" is no decision. DatasetError for anything else."""
        if not text.strip():
            return cls()
        return cls._from_json(json_object(text, _MOST_LETTERS, _unreadable))

    @classmethod
    def _from_json(cls, data: Mapping[str, Any]) -> "Review":
        known = checked_values(cls, data, DatasetError)
        waived: object = known.get("waived", {})
        if not isinstance(waived, dict):
            raise _unreadable("`waived` is not an object")
        rows = cast(dict[Any, object], waived)
        _pictures(list(rows), "waived")
        return cls(
            kept=_pictures(known.get("kept", []), "kept"),
            dropped=_pictures(known.get("dropped", []), "dropped"),
            waived={sha256: _checks(checks) for sha256, checks in rows.items()},
            waived_of_set=_checks(known.get("waived_of_set", [])),
        )

    def acknowledged(self, dataset: Dataset) -> Dataset:
        """The dataset with acknowledged checks written on its samples; decisions about other pictures say nothing."""
        rows = zip(picture_ids(dataset.samples), dataset.samples, strict=True)
        return dataset.with_samples(tuple(_waived(sample, self.waived.get(name, ())) for name, sample in rows))

    def without_dropped(self, dataset: Dataset) -> Dataset:
        """The dataset without the dropped pictures; DatasetError when none would be left."""
        rows = zip(picture_ids(dataset.samples), dataset.samples, strict=True)
        left = tuple(sample for name, sample in rows if name not in self.dropped)
        if not left:
            raise DatasetError(
                f"All {len(dataset.samples)} pictures are dropped; keep at least one on Check dataset, or undo."
            )
        return dataset.with_samples(left)


def picture_ids(samples: Sequence[Sample]) -> list[str]:
    """A name for each picture: its sha256, with `#2` and so on for further copies of the same pixels."""
    seen: Counter[str] = Counter()
    names: list[str] = []
    for sample in samples:
        seen[sample.sha256] += 1
        count = seen[sample.sha256]
        names.append(sample.sha256 if count == 1 else f"{sample.sha256}#{count}")
    return names


def _waived(sample: Sample, checks: Iterable[str]) -> Sample:
    extra = set(checks) - set(sample.waived)
    return replace(sample, waived=(*sample.waived, *sorted(extra))) if extra else sample


def _pictures(values: object, key: str) -> frozenset[str]:
    if not isinstance(values, list):
        raise _unreadable(f"`{key}` is not a list")
    items = cast(list[object], values)
    if len(items) > _MOST_PICTURES:
        raise _unreadable(f"`{key}` names more than {_MOST_PICTURES} pictures")
    if not all(isinstance(item, str) and PICTURE_ID.fullmatch(item) for item in items):
        raise _unreadable(f"`{key}` names something that is no picture")
    return frozenset(cast(list[str], items))


def _checks(values: object) -> frozenset[str]:
    items = cast(list[object], values) if isinstance(values, list) else None
    if items is None or len(items) > _MOST_CHECKS:
        raise _unreadable("acknowledged checks are not a short list")
    if not all(isinstance(item, str) and _CHECK.fullmatch(item) for item in items):
        raise _unreadable("it acknowledges something that is no check")
    return frozenset(cast(list[str], items))


def _unreadable(why: str) -> DatasetError:
    return DatasetError(
        f"The review kept in Check dataset cannot be read ({why}); press Start afresh at the node's top right, or "
        "send an empty `review`."
    )
