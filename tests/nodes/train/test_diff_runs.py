"""The node that shows what differs between runs."""

from collections.abc import Callable
from typing import Any

import pytest

from ...trainer.training.run.made_run import make_run, stepped, whole_story
from ..fake_host import FakeHost, stands_for

Pack = Callable[[str], Any]


@pytest.fixture
def node(pack: Pack, fake_host: FakeHost) -> Any:
    runs = fake_host.home / "output" / "likeness"
    make_run(runs / "one", events=whole_story(runs / "one"))
    make_run(runs / "two", events=[stepped(1)])
    return pack("nodes.train.diff_runs").DiffRuns


def test_runs_are_chosen_by_name_and_held_side_by_side(node: Any) -> None:
    first = node.define_schema().inputs[0]
    assert first.options["options"] == ["one", "two"]
    made = node.execute(first="one", second="two")
    assert made.args[0].startswith("one → two\nSettings: all") and made.args[1].shape[2] == 1280
    assert made.ui["text"] == (made.args[0],)


def test_a_wired_run_goes_before_a_name(node: Any, fake_host: FakeHost) -> None:
    wired = stands_for("nodes.sockets", "Run", folder=fake_host.home / "output" / "likeness" / "two")
    assert node.execute(first="one", second="one", second_run=wired).args[0].startswith("one → two")


def test_a_run_that_is_not_there_and_none_at_all_are_refused(node: Any, pack: Pack) -> None:
    assert "There is no run 'three'" in node.validate_inputs(first="one", second="three")
    assert node.validate_inputs(first="one", second="two") is True
    nothing = pack("nodes.train.diff_runs").NO_RUN
    assert node.validate_inputs(first=nothing, second="two") is True
    with pytest.raises(pack("trainer.errors").RunError, match="No run is chosen as the first"):
        node.execute(first=nothing, second="two")


def test_it_runs_again_once_a_run_has_gone_on(node: Any, fake_host: FakeHost) -> None:
    before = node.fingerprint_inputs(first="one", second="two")
    with (fake_host.home / "output" / "likeness" / "two" / "events.jsonl").open("a") as log:
        log.write("{}\n")
    assert node.fingerprint_inputs(first="one", second="two") != before
