"""Clean up shows, and removes what it is told to and no more."""

from collections.abc import Callable
from typing import Any

from tests.trainer.upkeep.kept_home import run_of, tree
from trainer.upkeep.places import Places

from ..fake_host import FakeHost

Pack = Callable[[str], Any]


def test_it_removes_nothing_until_it_is_told_to(pack: Pack, fake_host: FakeHost) -> None:
    node = pack("nodes.demo.clean_up").CleanUp
    output = fake_host.home / "output"
    run = run_of(Places(output=output, runs=output / "likeness"), "sage")
    before = tree(output)
    shown = node.execute()
    assert tree(output) == before and "may go" in shown.args[0] and "States: " in shown.ui["text"][0]
    done = node.execute(remove="what can be made again", idle_days=1)
    gone = before.keys() - tree(output).keys()
    assert {name.split("/")[2] for name in gone} == {"cache", "prior", "state"}
    assert done.args[0].startswith("6 files removed") and run.is_finished("sage", 3)
