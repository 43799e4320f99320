"""What is planted into a demo character's pictures, and how a run's answers are counted."""

from pathlib import Path

import numpy as np
from PIL import Image

from trainer.bench.inputs.planted import draw_planted
from trainer.bench.watch import Row, found_in, summary
from trainer.bench.watch_likeness import Followed
from trainer.bench.watch_runs import Watched
from trainer.demo.characters.character import draw_character
from trainer.training.run.events import MemoryScored, PicturesWatched

FAULTS = {"a": "suspect caption", "b": "stranger", "c": "near-duplicate"}


def test_one_caption_one_person_and_one_copy_are_planted_and_nothing_else_changes(tmp_path: Path) -> None:
    plain = {sample.path.name: sample for sample in draw_character(tmp_path / "plain", 0).samples}
    planted, other = (draw_planted(tmp_path / str(seed), 0, seed) for seed in (50, 51))
    names, names_other = ({fault: name for name, fault in each.faults.items()} for each in (planted, other))
    after, beside = ({sample.path.name: sample for sample in each.dataset.samples} for each in (planted, other))
    assert [name for name in plain if after[name].caption != plain[name].caption] == [names["suspect caption"]]
    assert set(after) - set(plain) == {names["near-duplicate"]}
    strangers = {names["stranger"], names_other["stranger"]}
    assert {name for name in plain if after[name].sha256 != beside[name].sha256} == strangers
    copy = after[names["near-duplicate"]].path
    original = copy.with_name(copy.name.replace("_again", ""))
    pixels = [np.asarray(Image.open(path), float) for path in (copy, original)]
    assert 1 < np.abs(pixels[0] - pixels[1]).mean() < 30


def watched(*verdicts: str) -> Watched:
    early = PicturesWatched(step=10, names=tuple("abcd"), learned=(0.0,) * 4, verdicts=("stuck",) * 4)
    last = PicturesWatched(step=20, names=tuple("abcd"), learned=(0.0,) * 4, verdicts=verdicts)
    return Watched(events=[early, last], faults=FAULTS, cost=0.04)


def row(*verdicts: str, good: float) -> Row:
    likeness = Followed(correlation=0.8, halves=0.9, samplings=12)
    scores = [MemoryScored(step=20, score=score, low=0.4, high=1.0) for score in (good, 1.0)]
    found = found_in(watched(*verdicts))
    return Row(
        seed="0_60",
        followed=likeness,
        found=found,
        memory_good=scores[0],
        memory_overfit=scores[1],
        costs=(0.04, 0.05, None, 0.06),
    )


def test_figures_are_shares_over_all_pictures_and_means_over_seeds() -> None:
    rows = [
        row("suspect caption", "stranger", "near-duplicate", "learning", good=0.5),
        row("stranger", "stranger", "", "stuck", good=0.7),
    ]
    figures = summary(rows)
    assert figures["planted_found"] == round(4 / 6, 3)
    assert figures["false_alarms"] == 1 / 2
    assert (figures["memory_good"], figures["memory_overfit"]) == (0.6, 1.0)
    assert figures["likeness_rank_correlation"] == 0.8
    assert figures["cost_of_watching"] == 0.05
    assert figures["rows"][1]["planted"]["c"] == "near-duplicate: "
    assert figures["rows"][1]["likeness_of_halves"] == 0.9
