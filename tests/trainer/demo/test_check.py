"""A check of the installation says whether scores are as they should be."""

import json
from dataclasses import replace

import pytest
from PIL import Image

from trainer.demo.check import SCORES, Checkup, Score, check_installation
from trainer.demo.check_sheet import draw_checkup
from trainer.runtime.work import follow

_STORED: dict[str, float] = json.loads(SCORES.read_text(encoding="utf-8"))
_WELL = Checkup(
    scores=tuple(Score(name=name, here=value, stored=value) for name, value in _STORED.items()),
    before=(Image.new("RGB", (128, 128), "red"),) * 12,
    after=(Image.new("RGB", (128, 128), "green"),) * 12,
    seconds_training=20.0,
    seconds=41.0,
    device="cpu",
)


def test_scores_that_are_stored_are_those_of_a_character_that_is_learned():
    assert _STORED["identity"] > 0.85 > 0.2 > _STORED["identity_control"]
    assert _STORED["following"] > 0.9 and _STORED["loss"] > 0


def test_alike_scores_are_well():
    assert _WELL.is_well and _WELL.sentence.startswith("All is well")


@pytest.mark.parametrize(
    ("name", "here", "said"),
    [
        ("identity", 0.1, "likeness with it is 0.100 where"),
        ("identity_control", 0.8, "likeness without the LoRA is 0.800 where"),
        ("loss", 0.2, "loss is 0.200 where"),
        ("following", None, "share of prompts followed is not measured where"),
        ("identity", float("nan"), "likeness with it is nan where"),
    ],
)
def test_a_score_that_is_off_is_named_with_what_to_do(name: str, here: float | None, said: str):
    scores = tuple(replace(score, here=here) if score.name == name else score for score in _WELL.scores)
    checkup = replace(_WELL, scores=scores)
    assert not checkup.is_well
    assert said in checkup.sentence and "--cpu" in checkup.sentence
    others = {score.title for score in _WELL.scores if score.name != name}
    assert not any(f"{other} is " in checkup.sentence for other in others)


def test_the_sheet_shows_both_rows():
    sheet = draw_checkup(_WELL)
    colors = {color for _, color in sheet.getcolors(1 << 20) or []}
    assert {(255, 0, 0), (0, 128, 0)} <= colors


@pytest.mark.slow
def test_this_version_learns_the_demo_character_as_stored():
    checkup = follow(check_installation())
    assert checkup.is_well, checkup.sentence
