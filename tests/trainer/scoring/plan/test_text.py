"""A plan as lines that a person edits."""

import json

import pytest

from trainer.errors import RecipeError
from trainer.scoring.plan.compare_plan import ComparePlan, default_plan, quick_plan
from trainer.scoring.plan.text import identity_words, plan_of_text, plan_text

WORDS = ("zxq_char", "woman")


def read(text: str) -> ComparePlan:
    return plan_of_text(text, default_plan(*WORDS), *WORDS)


@pytest.mark.parametrize("plan", [default_plan(*WORDS), quick_plan(*WORDS)])
def test_a_plan_as_lines_and_back_is_the_same(plan: ComparePlan) -> None:
    text = plan_text(plan, *WORDS)
    assert "zxq_char" not in text and "{trigger}, {subject}, left profile" in text
    assert plan_of_text(text, plan, *WORDS) == plan
    assert plan_of_text(json.dumps(plan.to_json()), plan, *WORDS) == plan


def test_lines_without_headings_are_taken_by_what_they_name() -> None:
    lines = ("{trigger}, {subject}", "{trigger}, {subject}, in a park", "a {subject} in a park", "a fisherman")
    plan = read("\n".join(("# my own prompts", "", *lines)))
    assert [probe.kind for probe in plan.probes] == ["trigger", "prompt", "class", "other"]
    assert plan.probes[1].prompt == "zxq_char, woman, in a park"
    assert plan.probes[0].seeds == default_plan(*WORDS).probes[0].seeds


def test_what_a_line_asks_for_is_read_from_its_words_unless_it_says() -> None:
    said, told = read(
        "{trigger}, {subject}, wearing a blue dress, sitting in a cafe, smiling, looking left\n"
        "{trigger}, {subject}, in a park | place: a green park; light: dusk"
    ).probes
    assert said.asked == {"clothing": "blue dress", "place": "cafe", "expression": "smiling", "turn": "looking left"}
    assert told.asked == {"place": "a green park", "light": "dusk"}


def test_sentinels_have_a_heading_of_their_own() -> None:
    (probe,) = read("# sentinel\n{trigger}, {subject}, right profile").probes
    assert probe.kind == "prompt" and probe.sentinel


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# only a remark", "has no prompts"),
        ("# prompt\na {subject} in a park", r"under '# prompt' and does not name \{trigger\}"),
        ("{trigger} | park", "'park' in the line .* is no 'slot: word'"),
        ('{"probes": [}', "begins like JSON"),
        ("a fisherman", "No probe names the trigger"),
    ],
)
def test_lines_that_cannot_be_read_are_named(text: str, said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        read(text)


def test_words_on_the_characters_looks_are_told_by_prompt() -> None:
    plan = read(
        "{trigger}, {subject}, long blonde hair, in a park\nan old fisherman with grey hair\n{trigger}, smiling"
    )
    (told,) = identity_words(plan, *WORDS)
    assert "'long blonde hair'" in told
    for usual in (default_plan(*WORDS), quick_plan(*WORDS)):
        assert identity_words(usual, *WORDS) == ()
