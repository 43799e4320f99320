"""What `bench choose` makes of outcomes made up for the purpose, and the user who takes advice."""

from pathlib import Path

import pytest

from trainer.bench.choose import Judged, agrees, summary
from trainer.bench.choose_advice import Advised
from trainer.bench.choose_cases import CASES, Fault, case_named
from trainer.bench.choose_truth import Ranking
from trainer.bench.inputs.faulty import draw_told
from trainer.dataset.dataset import Dataset
from trainer.errors import RecipeError
from trainer.scoring.advice import DatasetChange, NextRun, RunFinding
from trainer.scoring.intervals import Interval


def row(
    fault: Fault = "",
    findings: tuple[str, ...] = (),
    agreed: bool = True,
    in_tie: bool = False,
    gain: Interval | None = None,
) -> Judged:
    return Judged(
        case="a case",
        fault=fault,
        chosen="Step 1",
        best="Step 1",
        merits={"Step 1": 0.9},
        lag=None,
        agrees_by_truth=agreed,
        in_tie=in_tie,
        findings=findings,
        sentences=(),
        named=Advised(next_run=told(*findings)).names(fault),
        gain=gain,
    )


def told(*kinds: str, changes: tuple[DatasetChange, ...] = ()) -> NextRun:
    findings = tuple(RunFinding(kind=kind, what="", why="", sign="") for kind in kinds)
    return NextRun(findings=findings, dataset_changes=changes)


def ranking(*merits: float, lag: float = 0.1) -> Ranking:
    """The first is best, and surely so by `lag`."""
    labels = [f"Step {n}" for n in range(len(merits))]
    lags = {label: Interval(lag, lag / 2, lag * 2, 9) for label in labels}
    return Ranking(merits=dict(zip(labels, merits, strict=True)), best="Step 0", lags=lags)


def test_faults_named_and_false_alarms_are_shares_of_faulty_and_of_sound_runs() -> None:
    figures = summary([row(), row(findings=("leak",)), row("short", ("short",)), row("long", ("weak",)), row("few")])
    assert figures["runs"] == 5
    assert figures["false_alarms"] == 0.5
    assert figures["faults_named"] == pytest.approx(1 / 3, abs=1e-3)


def test_agreement_is_of_all_runs() -> None:
    assert summary([row(), row(agreed=False), row("few"), row("long")])["agreement"] == 0.75


def test_a_choice_agrees_where_truth_or_report_cannot_tell_it_from_the_best() -> None:
    rows = [row(), row(agreed=False, in_tie=True), row(agreed=False), row(in_tie=True)]
    figures = summary(rows)
    assert (figures["agreement"], figures["agreement_by_truth"], figures["best_in_tie"]) == (0.75, 0.5, 0.5)
    assert [each.to_json()["agrees"] for each in rows] == [True, True, False, True]


def test_another_fault_named_beside_the_own_is_counted() -> None:
    figures = summary([row("few", ("few", "leak")), row("few", ("few", "long")), row(findings=("long",))])
    assert figures["other_faults"] == 0.5


def test_advice_helped_only_where_the_next_run_is_better() -> None:
    better, worse = Interval(0.2, 0.1, 0.3, 9), Interval(-0.1, -0.2, 0.0, 9)
    figures = summary([row("few", ("few",), gain=better), row("few", ("few",), gain=worse), row("few"), row()])
    assert figures["advice_helped"] == pytest.approx(1 / 3, abs=1e-3)


def test_no_share_is_taken_of_no_cases() -> None:
    assert summary([row()])["faults_named"] is None


def test_to_choose_none_is_right_only_where_nothing_is_of_use() -> None:
    assert agrees(ranking(0.3, 0.1), None)
    assert not agrees(ranking(0.9, 0.1), None)


def test_a_surely_worse_checkpoint_does_not_agree() -> None:
    assert agrees(ranking(0.9, 0.8), "Step 0")
    assert not agrees(ranking(0.9, 0.8), "Step 1")


def test_there_are_twenty_runs_with_every_fault_more_than_once() -> None:
    faults = [case.fault for case in CASES["sdxl"]]
    assert len(faults) == 20
    assert all(faults.count(fault) >= 2 for fault in faults)
    assert len({case.name for case in CASES["sdxl"]}) == 20


def test_a_case_is_found_by_its_name_with_any_seed() -> None:
    assert all(case_named(case.name) == case for cases in CASES.values() for case in cases)
    assert case_named("sdxl_few_1_33").seed == 33


@pytest.mark.parametrize("name", ["sdxl_few_1", "sdxl_bad_1_3", "pixel_few_1_3", ""])
def test_what_names_no_case_is_refused(name: str) -> None:
    with pytest.raises(RecipeError, match="names no case"):
        case_named(name)


@pytest.fixture(scope="module")
def over_described(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return draw_told(tmp_path_factory.mktemp("told"), 0)


def test_captions_are_pruned_on_advice(over_described: Dataset, tmp_path: Path) -> None:
    change = DatasetChange(task="prune_words", text="", source="")
    taken = Advised(next_run=told("words", changes=(change,))).take(over_described, 0, tmp_path)
    assert all("long red hair" in each.caption for each in over_described.samples)
    assert not any("long red hair" in each.caption or "glasses" in each.caption for each in taken.samples)
    assert taken.train[0].caption.startswith("sage_character, person, red shirt")


def test_pictures_are_added_on_advice(over_described: Dataset, tmp_path: Path) -> None:
    change = DatasetChange(task="add_pictures", text="", source="", count=2)
    taken = Advised(next_run=told("few", changes=(change,))).take(over_described, 0, tmp_path)
    assert len(taken.train) == len(over_described.train) + 2
    assert taken.held_out == over_described.held_out
