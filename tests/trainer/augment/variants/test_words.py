"""Words that variants inherit."""

import pytest

from trainer.augment.variants.words import asked_for, restyled, with_style


@pytest.mark.parametrize(
    ("caption", "after"),
    [
        ("sage, person, red scarf, in a forest, 3d render", "sage, person, red scarf, in a forest, oil painting"),
        ("sage, person", "sage, person, oil painting"),
        ("", "oil painting"),
        ("A 3d render of a woman in a room.", "A woman in a room, oil painting"),
    ],
)
def test_only_the_style_is_replaced(caption: str, after: str) -> None:
    assert restyled(caption, "oil painting") == after


def test_originals_say_that_they_are_renders_once() -> None:
    assert with_style("sage, person, smiling", "3d render") == "sage, person, smiling, 3d render"
    assert with_style("sage, person, 3d render", "3d render") == "sage, person, 3d render"
    assert with_style("sage, person, pencil sketch", "3d render") == "sage, person, pencil sketch"
    assert with_style("", "3d render") == ""


def test_the_base_is_asked_without_the_trigger_it_does_not_know() -> None:
    asked = asked_for("sage_character, person, smiling, 3d render", "oil painting", "sage_character", "red hair")
    assert asked == "oil painting, red hair, person, smiling"
