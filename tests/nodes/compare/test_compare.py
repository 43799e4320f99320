"""Whose numbers a comparison may give."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

Pack = Callable[[str], Any]


def _compare(pack: Pack, sha256: str, reader: str) -> Any:
    run = SimpleNamespace(base=SimpleNamespace(sha256=sha256), folder=None, dataset=None)
    node = pack("nodes.compare.compare").CompareCheckpoints
    return node.execute(run, prompts="Demo", reader=reader, most=6, strength=1.0)


def test_a_run_of_photographs_is_not_given_the_demo_readers_numbers(pack: Pack) -> None:
    with pytest.raises(pack("trainer.errors").RunError, match="Only runs on a demo base can be compared"):
        _compare(pack, "0" * 64, reader="Demo reader (drawn faces)")


def test_a_reader_that_is_not_there_is_named(pack: Pack) -> None:
    demo = pack("trainer.demo.assets").demo_base().sha256
    with pytest.raises(
        pack("trainer.errors").LikenessError, match="reader takes one of .* 'insightface buffalo_l' came"
    ):
        _compare(pack, demo, reader="insightface buffalo_l")
