"""Reports of the demo written before measures had names: its good run and the one over-trained on three pictures."""

import json
from pathlib import Path
from typing import Any

import pytest

from trainer.scoring.report.report import Report
from trainer.scoring.scores import Scores

OLD = Path(__file__).parent / "old"


def old(name: str) -> dict[str, Any]:
    return json.loads((OLD / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["character", "overtrained"])
def test_every_number_of_an_old_report_is_read(name: str):
    kept = old(name)
    report = Report.from_json(kept)
    for scores, row in zip(report.columns, [kept["control"], *kept["checkpoints"]], strict=True):
        assert (scores.label, scores.step, scores.likeness, dict(scores.slots)) == (
            row["label"],
            row["step"],
            row["likeness"],
            row["slots"],
        )
        for ours, theirs in (("identity", "identity"), ("trigger_only", "bare"), ("variety", "spread")):
            assert measure(scores, ours).to_json() == row[theirs]
        for ours, theirs in (("bleed", "turned"), ("top1", "top1"), ("face_rate", "face_rate"), ("nearest", "nearest")):
            assert measure(scores, ours).value == row[theirs]
        assert (scores.memorisation and scores.memorisation.to_json()) == row["recall"]
        assert [picture.bleed for picture in scores.pictures] == [picture["turned"] for picture in row["pictures"]]


def test_an_old_report_read_and_written_keeps_its_words_and_choice():
    report = Report.from_json(old("character"))
    again = Report.from_json(json.loads(json.dumps(report.to_json())))
    assert again == report
    assert (again.chosen, again.chosen_step, again.key) == ("Step 300", 300, old("character")["key"])


def measure(scores: Scores, name: str) -> Any:
    measured = scores.measures[name]
    assert measured is not None
    return measured
