"""What is kept, as a table and in sentences."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .clean import Cleaned
from .kept import REMOVABLE, Kept, freed, size_in_words, when

_PLURAL = {"drafts": "Half-written files", "empty runs": "Runs that learned nothing"}


@dataclass(frozen=True, kw_only=True)
class Place:
    """Everything of one run, or of one folder that is no run's: bytes in all, and bytes that may go."""

    name: str
    bytes: int
    may_go: int


def places_of(items: Iterable[Kept]) -> list[Place]:
    """The largest first."""
    found: defaultdict[str, list[Kept]] = defaultdict(list)
    for item in items:
        found[_place(item)].append(item)
    rows = [Place(name=name, bytes=_bytes(held), may_go=freed(held)) for name, held in found.items()]
    return sorted(rows, key=lambda row: (-row.bytes, row.name))


def table_lines(items: Sequence[Kept]) -> Iterator[str]:
    """A line an item: `caches        12.3 MB    40 files  2026-11-29 09:00  sage: may go`."""
    for item in items:
        size, last = size_in_words(item.bytes), when(item.used)
        end = "may go" if item.may_go else item.needed
        yield f"{item.what:12} {size:>9} {len(item.files):>6} files  {last}  {_place(item)}: {end}"


def summary_lines(items: Sequence[Kept]) -> Iterator[str]:
    """What all takes, and what of each kind may go."""
    yield f"{size_in_words(_bytes(items))} are kept; {size_in_words(freed(items))} may go."
    for kind, words in REMOVABLE.items():
        size = freed([item for item in items if item.what == kind])
        if size or any(item.may_go and item.what == kind for item in items):
            yield f"{_PLURAL.get(kind, kind.capitalize())}: {size_in_words(size)}, {words}."


def cleaned_lines(done: Cleaned) -> Iterator[str]:
    plural = "" if done.files == 1 else "s"
    yield f"{done.files} file{plural} removed, {size_in_words(done.bytes)} freed."
    yield from done.left


def _place(item: Kept) -> str:
    if item.run is None:
        return item.where.name
    return f"{item.run.parents[1].name}, seed {item.run.name}" if item.run.parent.name == "seeds" else item.run.name


def _bytes(items: Iterable[Kept]) -> int:
    return sum(item.bytes for item in items)
