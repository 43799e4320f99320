"""Honest counters: of how many pictures something could be said, and of how many not, and who says it."""

from collections import Counter
from collections.abc import Sequence

from ..coverage.coverage import Coverage
from ..finding import verdict
from ..sample import Sample
from .observation import Observation


def counters(
    samples: Sequence[Sample], seen: Sequence[Observation], coverage: Coverage, reader: str | None
) -> tuple[str, ...]:
    """Sentences, the state of the pictures first."""
    return tuple([_states(samples), *_waived(samples), *_faces(samples, seen, reader), *_axes(coverage)])


def pictures(count: int) -> str:
    return f"{count} picture" if count == 1 else f"{count} pictures"


def _states(samples: Sequence[Sample]) -> str:
    states = Counter(verdict(sample.findings, sample.waived) for sample in samples)
    parts = [f"{states['ready']} ready", f"{states['attention']} to look at", f"{states['blocked']} unusable"]
    return f"{pictures(len(samples))}: {', '.join(part for part in parts if not part.startswith('0 '))}."


def _waived(samples: Sequence[Sample]) -> list[str]:
    count = sum(1 for s in samples for f in s.findings if f.level == "warning" and f.check in s.waived)
    return [f"{count} warning{'s are' if count > 1 else ' is'} acknowledged."] if count else []


def _faces(samples: Sequence[Sample], seen: Sequence[Observation], reader: str | None) -> list[str]:
    looked = [(sample, one) for sample, one in zip(samples, seen, strict=True) if one.facts is not None]
    if reader is None:
        return ["Faces were not looked for, so angles, expressions and likeness are not known."]
    if not looked:
        return []
    reasons = Counter(s.likeness.against for s, _ in looked if s.likeness is not None and s.likeness.value is None)
    faceless = sum(1 for _, one in looked if not one.faces)
    said = [f"{faceless} of {len(looked)} have no face to score ({reader})."] if faceless else []
    del reasons["no face"]
    said += [f"{count} of {len(looked)} not scored: {why}." for why, count in sorted(reasons.items())]
    return said or [f"All {len(looked)} have a face, and all are scored ({reader})."]


def _axes(coverage: Coverage) -> list[str]:
    axes = [axis for axis in coverage.axes.values() if axis.unmeasured]
    said = [
        f"{axis.name.capitalize()} is not measured in {len(axis.unmeasured)} of {axis.measured + len(axis.unmeasured)}."
        for axis in axes
        if axis.measured
    ]
    nowhere = [axis.name for axis in axes if not axis.measured]
    return [*said, f"Not measured at all: {', '.join(nowhere)}."] if nowhere else said
