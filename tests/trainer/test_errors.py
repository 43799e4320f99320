"""Errors as hosts print them."""

from trainer.errors import Cancelled, FaceError, LikenessError


def test_a_host_prints_no_path_before_an_errors_sentence():
    kinds = (LikenessError, FaceError, Cancelled)
    assert [f"{kind.__module__}.{kind.__qualname__}" for kind in kinds] == [
        "likeness.LikenessError",
        "likeness.FaceError",
        "likeness.Cancelled",
    ]
