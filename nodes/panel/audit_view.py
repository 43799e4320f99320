"""An audit as plain JSON for the page: tiles, chips, pairs, and what is said of the set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..host.page import stop_if_cancelled
from ..host.pictures import view_of_picture
from .budget import MOST_ROWS, fitting

if TYPE_CHECKING:
    from ...trainer.dataset.audit.audit import Audit
    from ...trainer.dataset.finding import Finding
    from ...trainer.dataset.sample import Sample
    from ..readers import Readers
    from .progress import Progress

_MOST_PAIRS, _MOST_LEFT_OUT = 400, 100


def audit_view(whole: Audit, left: Audit, review: str, progress: Progress, readers: Readers) -> dict[str, Any]:
    """`whole` gives tiles, chips and pairs, dropped pictures too; `left` is the set as it goes on.

    `review` is the text both were made with, `readers` who looked at faces: that nobody did is said before all else.
    Previews are made on the way; Cancelled when the user stops.
    """
    from ...trainer.dataset.audit.review import picture_ids
    from ...trainer.dataset.dataset import by_kind

    ids = picture_ids(whole.dataset.samples)
    tiles = fitting(_tiles(whole, ids, whole.foremost(MOST_ROWS), progress))
    listed = {tile["id"] for tile in tiles}
    pairs = [_pair(pair, ids) for pair in whole.pairs if ids[pair.one] in listed and ids[pair.other] in listed]
    left_out = by_kind(left.dataset.left_out)
    hidden = _hidden(len(ids) - len(tiles), len(whole.pairs) - len(pairs[:_MOST_PAIRS]), len(left_out) - _MOST_LEFT_OUT)
    unread = [{"check": "reader", "level": "note", "text": readers.missing}] if readers.missing else []
    return {
        "verdict": left.verdict,
        "review": review,
        "tiles": tiles,
        "more": len(ids) - len(tiles),
        "axes": _axes(whole, ids, listed),
        "pairs": pairs[:_MOST_PAIRS],
        "findings": [*unread, *(_said(finding) for finding in left.findings if finding.check != "left out")],
        "left_out": [{"name": one.name, "why": one.why} for one in left_out[:_MOST_LEFT_OUT]],
        "counters": [*left.counters, *hidden, *readers.note.splitlines()],
        "add_next": list(left.add_next),
    }


def _hidden(pictures: int, pairs: int, left_out: int) -> list[str]:
    """What is not on the page, in words: it is judged all the same."""
    said = [
        (pictures, "more pictures are not listed here; those that need attention are listed first."),
        (pairs, "more near-duplicate pairs are not listed here."),
        (left_out, "more files were left out and are not listed here."),
    ]
    return [f"{count:,} {words}" for count, words in said if count > 0]


def _tiles(audit: Audit, ids: list[str], places: list[int], progress: Progress) -> Iterator[dict[str, Any]]:
    samples = audit.dataset.samples
    for number, place in enumerate(places, 1):
        stop_if_cancelled()
        progress(number, len(places), samples[place].path.name)
        yield _tile(ids[place], samples[place], audit)


def _tile(name: str, sample: Sample, audit: Audit) -> dict[str, Any]:
    value = sample.likeness.value if sample.likeness else None
    return {
        "id": name,
        "name": sample.path.name,
        "size": f"{sample.width} × {sample.height}",
        "split": sample.split,
        "view": view_of_picture(sample),
        "framing": audit.coverage.bucket_of(sample.sha256).get("framing", ""),
        "likeness": None if value is None else round(value, 3),
        "against": sample.likeness.against if sample.likeness else "",
        "band": band_of(value, audit.same_person),
        "findings": [_said(finding) for finding in sample.findings],
    }


def band_of(value: float | None, same_person: float | None) -> str:
    """`same` from the reader's threshold on, `unsure` below, "" when not measured."""
    if value is None or same_person is None:
        return ""
    return "same" if value >= same_person else "unsure"


def _axes(audit: Audit, ids: list[str], listed: set[str]) -> list[dict[str, Any]]:
    """A chip a bucket; `ids` are those of listed pictures, `more` counts the others."""
    named: dict[str, list[str]] = {}
    for name, sample in zip(ids, audit.dataset.samples, strict=True):
        named.setdefault(sample.sha256, []).append(name)
    axes: list[dict[str, Any]] = []
    for axis in audit.coverage.axes.values():
        held = {
            bucket: [name for sha256 in dict.fromkeys(rows) for name in named.get(sha256, ())]
            for bucket, rows in axis.buckets.items()
        }
        shown = {bucket: [name for name in names if name in listed] for bucket, names in held.items()}
        buckets = [
            {"name": bucket, "ids": names, "more": len(held[bucket]) - len(names)} for bucket, names in shown.items()
        ]
        count = len(axis.unmeasured)
        missing = f"{count} not measured" if axis.measured else f"not measured: {axis.by}"
        axes.append(
            {"name": axis.name, "buckets": buckets if axis.measured else [], "unmeasured": missing if count else ""}
        )
    return axes


def _pair(pair: Any, ids: list[str]) -> dict[str, Any]:
    kind = "the same pixels" if pair.exact else "nearly mirrored" if pair.mirrored else "nearly the same"
    return {"a": ids[pair.one], "b": ids[pair.other], "text": kind}


def _said(finding: Finding) -> dict[str, Any]:
    return {"check": finding.check, "level": finding.level, "text": finding.text}
