"""Captions as `.txt` files, beside the pictures or in a folder of their own, never over what a hand wrote there."""

import os
import stat
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..dataset.dataset import Dataset, LeftOut
from ..dataset.files.caption_lines import caption_bytes, caption_text
from ..dataset.files.caption_record import RECORD, CaptionRecord
from ..dataset.files.layout import CAPTION_SUFFIXES, caption_beside
from ..dataset.sample import Sample
from ..errors import DatasetError
from ..storage.atomic import write_atomically


@dataclass(frozen=True, kw_only=True)
class Written:
    """Files written, how many were right already, those kept because a hand wrote them, and those that failed."""

    paths: tuple[Path, ...] = ()
    unchanged: int = 0
    kept: tuple[LeftOut, ...] = ()
    failed: tuple[LeftOut, ...] = ()


class _ByHand(Exception):
    """The text in the way was written by hand."""


def write_sidecars(dataset: Dataset, folder: Path | None = None, *, over_hand: bool = False) -> Written:
    """Write `<stem>.txt` beside each picture, or into `folder` as the pictures lie below the dataset's root.

    Text in the way that a hand wrote is kept and named. It is replaced by a caption that a hand wrote in turn, or by
    any with `over_hand`; the earlier text then stays beside it as `.bak`. Every other fault, such as a locked file or
    two pictures with one stem, is named while the rest is written. Pictures without a caption are passed over.
    """
    places = [(sample, _place(sample, dataset, folder)) for sample in dataset.samples if _is_captioned(sample)]
    records = {parent: CaptionRecord(parent) for parent in sorted({place.parent for _, place in places})}
    shared = _shared(places)
    paths: list[Path] = []
    kept: list[LeftOut] = []
    failed: list[LeftOut] = []
    for sample, place in places:
        try:
            if _write(place, sample, records[place.parent], shared, over_hand):
                paths.append(place)
        except _ByHand:
            kept.append(_left(place.name, "its text is by hand; allow overwriting to replace it"))
        except (DatasetError, OSError) as fault:
            failed.append(_left(sample.path.name, _reason(place.name, fault)))
    failed += _saved(records)
    unchanged = len(places) - len(paths) - len(kept) - sum(fault.name != RECORD for fault in failed)
    return Written(paths=tuple(paths), unchanged=unchanged, kept=tuple(kept), failed=tuple(failed))


def _is_captioned(sample: Sample) -> bool:
    """A caption emptied by hand is a caption too."""
    return bool(sample.caption) or sample.author == "hand"


def _place(sample: Sample, dataset: Dataset, folder: Path | None) -> Path:
    beside = sample.path.with_suffix(CAPTION_SUFFIXES[0])
    if folder is None:
        return beside
    return folder / (beside.relative_to(dataset.root) if beside.is_relative_to(dataset.root) else beside.name)


def _shared(places: list[tuple[Sample, Path]]) -> Mapping[str, str]:
    """Files that several pictures would write different captions into, and why that cannot be; by name without case,
    since not every disk tells `A.txt` from `a.txt`."""
    groups: dict[str, list[Sample]] = defaultdict(list)
    for sample, place in places:
        groups[place.as_posix().casefold()].append(sample)
    return {
        name: f"{', '.join(sample.path.name for sample in group)} share one caption file; rename all but one"
        for name, group in groups.items()
        if len({caption_text(sample) for sample in group}) > 1
    }


def _write(place: Path, sample: Sample, record: CaptionRecord, shared: Mapping[str, str], over_hand: bool) -> bool:
    """Whether anything had to be written."""
    if why := shared.get(place.as_posix().casefold()):
        raise DatasetError(why)
    text, there = caption_text(sample), caption_beside(place)
    if text == there:
        return False
    by_hand = record.author(place.name, there or "") == "hand"
    if by_hand and sample.author != "hand" and not over_hand:
        raise _ByHand
    # Replacing would succeed on most systems; who set a file read-only means it.
    if place.is_file() and not place.stat().st_mode & stat.S_IWUSR:
        raise DatasetError(f"{place.name} is read-only; allow writing to it")
    if by_hand:
        _keep_copy(place)
    write_atomically(place, caption_bytes(text))
    record.note(place.name, text, sample.author)
    return True


def _keep_copy(place: Path) -> None:
    source = next(path for suffix in CAPTION_SUFFIXES if (path := place.with_suffix(suffix)).is_file())
    copy, number = place.with_name(f"{source.name}.bak"), 2
    while os.path.lexists(copy):
        copy, number = place.with_name(f"{source.name}.bak{number}"), number + 1
    write_atomically(copy, source.read_bytes())


def _saved(records: Mapping[Path, CaptionRecord]) -> list[LeftOut]:
    failed: list[LeftOut] = []
    for record in records.values():
        try:
            record.save()
        except OSError as fault:
            failed.append(_left(RECORD, _reason(RECORD, fault)))
    return failed


def _reason(name: str, fault: Exception) -> str:
    if isinstance(fault, OSError):
        return f"{name} cannot be written ({fault.strerror or fault}); close what holds it, or make room"
    return str(fault).rstrip(".")


def _left(name: str, why: str) -> LeftOut:
    return LeftOut(name=name, why=why)
