"""Looks a dataset over: findings of every picture and of the set, what it covers, and what to add next."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from ...faces.face import EXPRESSIONS, AttributeReader, FaceReader
from ...faces.metric import COSINE, Metric
from ...faces.outliers import outlier_scores
from ...runtime.steps import Progress, Steps, silent, stepped
from ...runtime.work import never
from ..checks.duplicates import Pair
from ..checks.rules import Rules
from ..coverage.coverage import Coverage, cover
from ..coverage.observe import CoverageRow
from ..dataset import Dataset
from ..finding import Finding, Verdict, verdict
from ..sample import Sample
from .counters import counters
from .judgement import Standard, judge_pictures, judge_set, pairs_of
from .observation import Observation, Readers
from .text import audit_text

_STOPPED = "Checking stopped after {done} of {total} pictures."


@dataclass(frozen=True, kw_only=True)
class Audit:
    """A dataset whose samples carry findings, face and likeness, and what is to be said of it as a whole.

    `counters` are sentences on what was and was not measured; `pairs` are copies, by place in the dataset; `reader`
    names who read the faces. `seen` is what the look brought home: judging again costs no second look.
    """

    dataset: Dataset
    verdict: Verdict
    findings: tuple[Finding, ...]
    coverage: Coverage
    counters: tuple[str, ...]
    add_next: tuple[str, ...]
    pairs: tuple[Pair, ...] = ()
    reader: str | None = None
    same_person: float | None = None
    metric: Metric = COSINE
    rules: Rules = Rules()
    expressions: tuple[str, ...] = EXPRESSIONS
    seen: tuple[Observation, ...] = field(default=(), repr=False)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """One a sample, in their order."""
        return tuple(verdict(sample.findings, sample.waived) for sample in self.dataset.samples)

    @property
    def trained_rows(self) -> list[CoverageRow]:
        """What the pictures that are trained on add to coverage: a held-out one teaches nothing."""
        return _trained_rows(self.dataset.samples, self.seen)

    def foremost(self, most: int) -> list[int]:
        """Places of at most so many pictures, in their order; of a larger set those that need attention first."""
        numbers = list(range(len(self.dataset.samples)))
        if len(numbers) <= most:
            return numbers
        rank = {"blocked": 0, "attention": 1, "ready": 2}
        states = self.verdicts
        return sorted(sorted(numbers, key=lambda number: rank[states[number]])[:most])

    def again(self, dataset: Dataset, rules: Rules | None = None) -> "Audit":
        """The audit of some of these pictures, or by other rules, without a second look at the files.

        `dataset` holds pictures of this audit; KeyError for others.
        """
        known = {sample.path: one for sample, one in zip(self.dataset.samples, self.seen, strict=True)}
        seen = tuple(known[sample.path] for sample in dataset.samples)
        standard = Standard(
            rules=rules or self.rules, reader=self.reader, same_person=self.same_person, metric=self.metric
        )
        return _conclude(dataset, seen, standard, self.expressions)

    def text(self) -> str:
        """The report as plain lines."""
        return audit_text(self.dataset, self.verdict, self.findings, self.counters, self.add_next)

    def to_json(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict,
            "findings": [asdict(finding) for finding in self.findings],
            "counters": list(self.counters),
            "add_next": list(self.add_next),
            "coverage": self.coverage.to_json(),
            "pairs": [asdict(pair) for pair in self.pairs],
            "reader": self.reader,
            "verdicts": list(self.verdicts),
            "facts": [None if one.facts is None else one.facts.to_json() for one in self.seen],
            "dataset": self.dataset.to_json(),
        }


def audit(
    dataset: Dataset,
    *,
    faces: FaceReader | None = None,
    attributes: AttributeReader | None = None,
    rules: Rules | None = None,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = never,
) -> Audit:
    """Look at every picture once and judge; Cancelled, soon, when `cancelled` says so.

    A file that cannot be read becomes a finding and stops nothing. Memory does not grow with the pixels: a few
    pictures are decoded at a time.
    """
    rules = rules or Rules()
    readers = Readers(faces, attributes, rules.side)
    steps = Steps(len(dataset.samples), _STOPPED, progress, cancelled)
    looks = stepped(
        dataset.samples, readers.observe, steps, lambda sample: sample.path.name, lambda sample: sample.pixels
    )
    seen = readers.settled(dataset.samples, [one for _, one in looks])
    standard = Standard(
        rules=rules,
        reader=faces.name if faces else None,
        same_person=faces.same_person if faces and faces.measures_identity else None,
        metric=faces.metric if faces else COSINE,
    )
    expressions = tuple(attributes.slots.get("expression", EXPRESSIONS)) if attributes else EXPRESSIONS
    return _conclude(dataset, seen, standard, expressions)


def _trained_rows(samples: Sequence[Sample], seen: Sequence[Observation]) -> list[CoverageRow]:
    rows = (one.row for sample, one in zip(samples, seen, strict=True) if sample.split == "train")
    return [row for row in rows if row is not None]


def _conclude(dataset: Dataset, seen: tuple[Observation, ...], standard: Standard, expressions: Sequence[str]) -> Audit:
    pairs = pairs_of(dataset.samples, seen, standard.rules)
    same_person = standard.same_person
    portraits = [one.portrait for one in seen]
    belongs = None if same_person is None else outlier_scores(portraits, same_person, standard.metric)
    sharp = [one.facts.focus for one in seen if one.facts is not None and one.facts.focus is not None]
    samples = judge_pictures(dataset.samples, seen, standard, pairs, belongs, median(sharp) if sharp else None)
    coverage = cover(_trained_rows(dataset.samples, seen), expressions)
    checked = dataset.with_samples(samples)
    findings = judge_set(checked, seen, standard, pairs, coverage)
    open_pictures = any(verdict(sample.findings, sample.waived) != "ready" for sample in samples)
    whole = verdict(findings, standard.rules.waived)
    return Audit(
        dataset=checked,
        verdict="attention" if whole == "ready" and open_pictures else whole,
        findings=findings,
        coverage=coverage,
        counters=counters(samples, seen, coverage, standard.reader),
        add_next=coverage.add_next,
        pairs=tuple(pairs),
        reader=standard.reader,
        same_person=standard.same_person,
        metric=standard.metric,
        rules=standard.rules,
        expressions=tuple(expressions),
        seen=seen,
    )
