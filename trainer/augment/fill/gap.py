"""What a set lacks and the catalogue can make: its empty buckets, or those that somebody asks for by name."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...dataset.coverage.axis import Axis
from ...dataset.coverage.coverage import Coverage
from ...errors import DatasetError
from .view import ANOTHER, OPEN, View

_VARIED, _SAME = 3, 0.6
"""An open axis has a gap with fewer buckets than this, or with one that holds more than this share."""


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A bucket to fill and the views that may fill it, in turn."""

    axis: str
    bucket: str
    views: tuple[View, ...]

    @property
    def name(self) -> str:
        """`angle: left profile`; of an open axis what is to be seen there."""
        return f"{self.axis}: {self.views[0].words if self.bucket == ANOTHER else self.bucket}"


def gaps_of(coverage: Coverage, views: Sequence[View], asked: Sequence[str] = ()) -> tuple[Gap, ...]:
    """The gaps that `views` can fill, in the catalogue's order: all that are empty, or those that `asked` names.

    A name is a bucket (`left profile`), an axis (`expression`), or part of a view's words (`outdoors`). DatasetError
    for names the catalogue does not have.
    """
    gaps = _all(views)
    if not asked:
        return tuple(gap for gap in gaps if _is_empty(coverage.axes.get(gap.axis), gap.bucket))
    wanted = [name.strip().lower() for name in asked if name.strip()]
    if unknown := [name for name in wanted if not any(_answers(gap, name) for gap in gaps)]:
        known = ", ".join(gap.name.partition(": ")[2] for gap in gaps)
        raise DatasetError(f"The catalogue has nothing for {', '.join(map(repr, unknown))}; it knows {known}.")
    return tuple(gap for gap in gaps if any(_answers(gap, name) for name in wanted))


def unfillable(coverage: Coverage, views: Sequence[View]) -> tuple[str, ...]:
    """Empty buckets that the catalogue has nothing for."""
    known = {view.name.lower() for view in views}
    empty = [f"{axis.name}: {bucket}" for axis in coverage.axes.values() for bucket in axis.empty]
    return tuple(name for name in empty if name.lower() not in known)


def _all(views: Sequence[View]) -> list[Gap]:
    """Views of one bucket share a gap; of an open axis each is its own, since no two show the same."""
    named: dict[str, list[View]] = {}
    for view in views:
        if view.axis not in OPEN:
            named.setdefault(view.name.lower(), []).append(view)
    gaps = [Gap(axis=held[0].axis, bucket=held[0].bucket, views=tuple(held)) for held in named.values()]
    return gaps + [Gap(axis=view.axis, bucket=ANOTHER, views=(view,)) for view in views if view.axis in OPEN]


def _is_empty(axis: Axis | None, bucket: str) -> bool:
    if axis is None or axis.largest is None:
        return False
    if bucket == ANOTHER:
        return axis.filled < _VARIED or axis.largest[1] > _SAME
    return bucket.lower() in {name.lower() for name in axis.empty}


def _answers(gap: Gap, name: str) -> bool:
    exact = {gap.axis, gap.bucket.lower(), f"{gap.axis}: {gap.bucket}".lower(), gap.name.lower()}
    return name in exact or any(name in view.words.lower() for view in gap.views)
