"""The table of styles: what is read, and every row that is refused."""

import pytest

from trainer.augment.variants.style import Style, guide_styles, parse_styles, table_of
from trainer.errors import DatasetError


def test_the_guides_five_survive_the_table() -> None:
    assert len(guide_styles()) == 5
    assert parse_styles(table_of(guide_styles())) == guide_styles()


def test_all_but_the_prompt_may_be_left_out() -> None:
    styles = parse_styles("# mine\n\noil painting\nlinocut | 0.5\nanime | .4 - .6 | flag | photo, 3d")
    assert styles[0] == Style(prompt="oil painting")
    assert (styles[1].low, styles[1].high) == (0.5, 0.5)
    assert styles[2] == Style(prompt="anime", low=0.4, high=0.6, face="flag", negative="photo, 3d")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no styles"),
        ("# nothing", "no styles"),
        ("\n".join(f"style {n}" for n in range(100)), "100 styles are too many"),
        ("oil | 0", "0 changes nothing"),
        ("oil | 0-0.5", "0 changes nothing"),
        ("oil | 0.5-1.2", "more than 1"),
        ("oil | 0.6-0.4", "the smaller first"),
        ("oil | much", "cannot be read"),
        ("oil | nan", "0 changes nothing"),
        ("oil | 0.5 | hardly", "strict, loose or flag"),
        ("oil | 0.5 | flag | a | b", "5 parts"),
        (" | 0.5", "no words"),
        ("oil\nOil", "there twice"),
    ],
)
def test_rows_that_cannot_be_used_are_named(text: str, said: str) -> None:
    with pytest.raises(DatasetError, match=said):
        parse_styles(text)


def test_every_bad_row_is_named_at_once() -> None:
    with pytest.raises(DatasetError, match=r"Line 1 .*\n.*Line 3 "):
        parse_styles("a | 0\nb\nc | 2")


def test_a_denoise_of_one_may_be_asked_for() -> None:
    assert parse_styles("photo | 1")[0].denoise_schedule() == (1.0,)


def test_denoise_schedules_go_down_in_even_steps() -> None:
    assert Style(prompt="x", low=0.35, high=0.65).denoise_schedule() == (0.65, 0.55, 0.45, 0.35)
