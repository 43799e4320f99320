"""Train or zero-shot: every row of the table by a case of its own, and an answer for every case."""

import itertools
import tomllib
from pathlib import Path

import numpy as np
import pytest

from tests.fakes import CHARACTER, SIDE, FakeReader, picture
from trainer.dataset.coverage.axis import Axis
from trainer.dataset.coverage.coverage import Coverage
from trainer.dataset.sample import Sample
from trainer.errors import DatasetError
from trainer.images.pixels import load_rgb, pixel_sha256
from trainer.planning.zero_shot.goals import GOALS, Goal
from trainer.planning.zero_shot.method import method_for
from trainer.planning.zero_shot.situation import Situation, situation_of
from trainer.planning.zero_shot.table import REASONS, SIGNS, VERDICTS

SERIES, FEATURES = "a series or a product", "scars, clothes or other features"


def situation(goal: Goal, pictures: int, **more: object) -> Situation:
    return Situation(goal=goal, pictures=pictures, **more)  # type: ignore[arg-type]


def _angles(**counts: int) -> Coverage:
    numbers = itertools.count()
    buckets = {
        name.replace("_", " "): tuple(str(next(numbers)) for _ in range(count)) for name, count in counts.items()
    }
    return Coverage(axes={"angle": Axis(name="angle", by="a reader", buckets=buckets)})


VERDICT_CASES = {
    "nothing": situation(SERIES, 0),
    "small_card": situation(SERIES, 30, card=4),
    "quick": situation("one picture", 30),
    "limited": situation(SERIES, 5),
    "unreadable": situation(SERIES, 12, faces=2),
    "both": situation(FEATURES, 9, faces=9),
    "train": situation("video", 20),
}
REASON_CASES = {
    "consistency": situation(SERIES, 20),
    "features": situation(FEATURES, 20),
    "references": situation(FEATURES, 3),
    "prompts": situation("a few pictures", 3),
    "video": situation("video", 20),
    "enough": situation(SERIES, 20),
    "many": situation(SERIES, 50),
    "least": situation(SERIES, 10),
    "below_least": situation(SERIES, 6),
    "quick": situation("one picture", 1),
    "limited": situation(SERIES, 1),
    "few": situation("a few pictures", 6),
    "style": situation("another style", 20),
    "testing": situation("a test of an idea", 20),
    "small_card": situation(SERIES, 20, card=5.5),
    "robust": situation(SERIES, 15, faces=15),
    "one_view": situation(SERIES, 20, coverage=_angles(front=18, left_profile=2, no_face=3)),
    "drawn": situation(SERIES, 20, is_drawn=True),
    "faceless": situation(SERIES, 20, faces=9),
}


@pytest.mark.parametrize("row", VERDICTS, ids=lambda row: row.kind)
def test_every_verdict_has_a_case_that_it_decides(row):
    made = method_for(VERDICT_CASES[row.kind])
    assert (made.verdict, made.what, made.next) == (row.verdict, row.what, row.next)


@pytest.mark.parametrize("row", REASONS, ids=lambda row: row.kind)
def test_every_reason_is_told_where_it_holds_with_its_number_and_what_to_do(row):
    made = next(each for each in method_for(REASON_CASES[row.kind]).reasons if each.kind == row.kind)
    assert made.toward == row.toward and made.text.endswith(f": {row.what}.")
    assert made.todo == row.todo and made.next == row.next and made.source
    assert made.number >= 0


@pytest.mark.parametrize(
    ("case", "kinds"),
    [
        (situation("one picture", 12, faces=12, coverage=_angles(front=8, left_profile=4)), {"quick", "least"}),
        (situation("a few pictures", 7, card=8), {"few", "prompts", "below_least"}),
        (situation("another style", 25, is_drawn=False), {"style", "enough"}),
        (situation(FEATURES, 5, faces=3), {"features", "references", "limited"}),
        (situation("video", 60, faces=30), {"video", "prompts", "enough", "many", "robust"}),
    ],
)
def test_nothing_is_told_that_does_not_hold(case: Situation, kinds: set[str]):
    assert {reason.kind for reason in method_for(case).reasons} == kinds


def test_every_case_has_an_answer():
    for goal, pictures, faces, card in itertools.product(
        GOALS, (0, 1, 5, 6, 9, 10, 19, 20, 50), (None, 0, 1), (0, 6, 24)
    ):
        made = method_for(situation(goal, pictures, faces=faces and min(faces * pictures, pictures), card=card))
        assert made.what and made.reasons or made.verdict == "neither"
        if made.verdict in ("train", "zero-shot"):
            assert made.reasons[0].toward == made.verdict, "a verdict has a reason of its own mind"


@pytest.mark.parametrize(
    ("goal", "pictures", "verdict"),
    [
        ("one picture", 40, "zero-shot"),
        ("a few pictures", 9, "zero-shot"),
        ("a few pictures", 10, "both"),
        (SERIES, 5, "zero-shot"),
        (SERIES, 6, "both"),
        (SERIES, 19, "both"),
        (SERIES, 20, "train"),
        (FEATURES, 3, "zero-shot"),
        (FEATURES, 30, "train"),
        ("another style", 30, "zero-shot"),
        ("a test of an idea", 30, "zero-shot"),
        ("video", 12, "both"),
    ],
)
def test_goals_and_counts_decide_as_the_guide_says(goal: Goal, pictures: int, verdict: str):
    assert method_for(situation(goal, pictures)).verdict == verdict


def test_reasons_of_the_same_mind_come_first():
    toward = [reason.toward for reason in method_for(situation(SERIES, 30, faces=30, is_drawn=True)).reasons]
    assert toward == ["train", "train", "train", "both", "gather"]


def test_the_words_name_numbers_and_the_nodes_to_go_on_with():
    text = method_for(situation(SERIES, 7)).text
    assert text.startswith("Both: the LoRA as base at 0.7 to 0.9")
    assert "7 pictures: fewer than the 10 to 15 that a LoRA needs at least. Make more of them first: Fill gaps" in text


def test_the_table_names_only_signs_that_there_are_and_every_sign_is_used():
    text = Path("trainer/planning/zero_shot/table.toml").read_text(encoding="utf-8")
    rows = [row for kind in tomllib.loads(text).values() for row in kind]
    assert {name for row in rows for names in row["when"] for name in names} == set(SIGNS)
    assert len({row.kind for row in VERDICTS}) == len(VERDICTS) and len({row.kind for row in REASONS}) == len(REASONS)


def test_pictures_are_looked_over_by_the_reader(tmp_path: Path):
    samples = []
    for number in range(4):
        path = tmp_path / f"{number}.png"
        face = CHARACTER + np.array([0.02 * number, 0, 0]) if number else None
        picture(face, block=(number, 0)).save(path)
        digest = pixel_sha256(load_rgb(path))
        samples.append(Sample(path=path, sha256=digest, width=SIDE, height=SIDE))
    made = situation_of(samples, FakeReader(), SERIES, is_drawn=True, card=24)
    assert (made.pictures, made.faces, made.is_drawn, made.card) == (4, 3, True, 24)
    assert made.views == ("front", 1.0, 3)
    assert situation_of(samples, None, SERIES).faces is None


@pytest.mark.parametrize("wrong", [{"goal": "fame"}, {"pictures": -1}, {"card": float("nan")}, {"card": -2}])
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(DatasetError, match="use"):
        Situation(**{"goal": SERIES, "pictures": 3, **wrong})
