"""`bench choose`: does the choice find the best checkpoint, does advice name what is wrong, and does taking it help?"""

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..demo.family import DemoFamily
from ..runtime.work import ignore
from ..scoring.intervals import Interval
from ..storage.values import key_of
from . import Sink
from .choose_advice import NAMES, Advised, advised
from .choose_cases import CASES, Case, Fault, case_named
from .choose_run import Trained, dataset_of, trained
from .choose_truth import Ranking, Truth, better, rank, truth_of

USABLE = 0.5
"""Merit below which a checkpoint is of no use, so that to choose none is right."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A case with what was chosen and advised, held against the truth. Merits are the truth's.

    `agrees_by_truth`: the truth cannot tell the choice from its best. `in_tie`: the report cannot, so that the truth's
    best is the choice or named as tied with it. It agrees where either holds.

    `gain` is by how much the run after the advice is better than this one, None where nothing was wrong or nothing
    was advised.
    """

    case: str
    fault: Fault
    chosen: str | None
    best: str
    merits: dict[str, float]
    lag: Interval | None
    agrees_by_truth: bool
    in_tie: bool
    findings: tuple[str, ...]
    sentences: tuple[str, ...]
    named: bool
    gain: Interval | None = None

    @property
    def agrees(self) -> bool:
        return self.agrees_by_truth or self.in_tie

    @property
    def helped(self) -> bool:
        return self.gain is not None and self.gain.value > 0

    def to_json(self) -> dict[str, Any]:
        merits = {label: round(value, 3) for label, value in self.merits.items()}
        return {**asdict(self), "merits": merits, "agrees": self.agrees, "helped": self.helped}


def bench_choose(
    out: Path | None = None, only: tuple[str, ...] = (), family: DemoFamily = "sdxl", sink: Sink = ignore
) -> dict[str, Any]:
    """Every case of the family trained, compared, judged, and trained again as advised.

    `only` names cases instead, of any seed. A stopped bench with a folder `out` goes on from there.
    """
    cases = [case_named(name) for name in only] or CASES[family]
    with tempfile.TemporaryDirectory() as scratch:
        return summary([judged(case, out or Path(scratch), sink) for case in cases])


def judged(case: Case, root: Path, sink: Sink = ignore) -> Judged:
    """One case, from its pictures to the run after the advice."""
    folder = root / case.name
    dataset = dataset_of(case, folder / "dataset")
    run = trained(folder, dataset, case.recipe, case.family, root / "controls", sink)
    control, columns = truth_of(run.report, folder / "report", case.character)
    ranking, advice = rank(control, columns), advised(run, case.family)
    chosen = run.report.chosen
    return Judged(
        case=case.name,
        fault=case.fault,
        chosen=chosen,
        best=ranking.best,
        merits=dict(ranking.merits),
        lag=ranking.lags[chosen] if chosen else None,
        agrees_by_truth=agrees(ranking, chosen),
        in_tie=ranking.best in (chosen, *run.report.tied) if chosen else agrees(ranking, None),
        findings=advice.findings,
        sentences=advice.next_run.sentences,
        named=advice.names(case.fault),
        gain=_gain(case, run, advice, _used(columns, chosen, ranking), root, sink) if case.fault else None,
    )


def agrees(ranking: Ranking, chosen: str | None) -> bool:
    """Whether the choice is the truth's within its tie; none is right where nothing is of use."""
    return ranking.merits[ranking.best] < USABLE if chosen is None else ranking.agrees(chosen)


def summary(rows: Sequence[Judged]) -> dict[str, Any]:
    """Shares over cases; None where there is no case to take one of.

    `false_alarms` are of sound runs those in which advice finds anything wrong, `other_faults` of faulty runs those in
    which it names another of the faults as well or instead. `advice_helped` takes the better run, `_surely` only where
    the interval of the difference excludes zero.
    """
    faulty, sound = [row for row in rows if row.fault], [row for row in rows if not row.fault]
    return {
        "runs": len(rows),
        "agreement": _share([row.agrees for row in rows]),
        "agreement_by_truth": _share([row.agrees_by_truth for row in rows]),
        "best_in_tie": _share([row.in_tie for row in rows]),
        "faults_named": _share([row.named for row in faulty]),
        "false_alarms": _share([bool(row.findings) for row in sound]),
        "other_faults": _share([_names_another(row) for row in faulty]),
        "advice_helped": _share([row.helped for row in faulty]),
        "advice_helped_surely": _share([row.gain is not None and row.gain.low > 0 for row in faulty]),
        "cases": [row.to_json() for row in rows],
    }


def _names_another(row: Judged) -> bool:
    return any(kind in row.findings for fault, kind in NAMES.items() if fault != row.fault)


def _share(answers: Sequence[bool]) -> float | None:
    return round(sum(answers) / len(answers), 3) if answers else None


def _used(columns: Sequence[Truth], chosen: str | None, ranking: Ranking) -> Truth:
    """What a user would go on with: the chosen checkpoint, or the truly best where none is chosen."""
    return next(column for column in columns if column.label == (chosen or ranking.best))


def _gain(case: Case, run: Trained, advice: Advised, before: Truth, root: Path, sink: Sink) -> Interval | None:
    recipe = advice.next_run.recipe
    if recipe is None or not advice.findings:
        return None
    dataset = advice.take(run.dataset, case.character, run.folder / "added")
    folder = run.folder / f"next_{key_of(recipe.to_json(), dataset.fingerprint())[:8]}"
    after = trained(folder, dataset, recipe, case.family, root / "controls", sink)
    control, columns = truth_of(after.report, folder / "report", case.character)
    return better(control, _used(columns, after.report.chosen, rank(control, columns)), before)
