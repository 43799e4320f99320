"""Errors as hosts print them."""

from trainer.errors import Cancelled, FaceError, LikenessError


def test_a_host_prints_no_path_before_an_errors_sentence():
    kinds = (LikenessError, FaceError, Cancelled)
    assert [f"{kind.__module__}.{kind.__qualname__}" for kind in kinds] == [
        "likeness.LikenessError",
        "likeness.FaceError",
        "likeness.Cancelled",
    ]


def test_half_a_letter_that_json_can_spell_is_none_in_a_sentence():
    assert str(LikenessError("a trains LORA\ud915x.")) == "a trains LORA?x."
