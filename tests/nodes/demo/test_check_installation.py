"""What Check installation says while it works and when it has ended; the check itself is the engine's."""

from collections.abc import Callable, Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ..fake_host import FakeHost, Interrupted

Pack = Callable[[str], Any]


@pytest.mark.parametrize("loss", [0.1, 0.5])
def test_every_part_of_the_work_is_told_and_then_whether_all_is_well(
    pack: Pack, fake_host: FakeHost, monkeypatch: pytest.MonkeyPatch, loss: float
) -> None:
    check, events = pack("trainer.demo.check"), pack("trainer.training.run.events")
    compared = pack("trainer.scoring").Compared

    def checked(**_: Any) -> Generator[Any, None, Any]:
        yield events.Prepared(what="encoding images", done=2, total=9)
        yield events.Stepped(step=3, steps=150, loss=0.1, lr=0.1, seconds_per_step=0.1, seconds_left=1.0)
        yield compared(done=4, total=20, label="", seconds_left=None, path=Path(), key=("", 0), phase="reading")
        return check.Checkup(
            scores=(check.Score(name="loss", here=loss, stored=0.1),),
            before=(),
            after=(),
            seconds_training=1.0,
            seconds=2.0,
            device="cpu",
        )

    monkeypatch.setattr(check, "check_installation", checked)
    node = pack("nodes.demo.check_installation")
    monkeypatch.setattr(node, "Throttle", lambda: SimpleNamespace(is_due=lambda: True))
    made = node.CheckInstallation.execute()
    assert [data["text"] for event, data in fake_host.sent if event == "likeness.note"] == [
        "Encoding images 2 of 9",
        "Learning: step 3 of 150",
        "Reading: picture 4 of 20",
    ]
    assert made.args[0] is (loss == 0.1) and made.args[1].startswith("All is well" if made.args[0] else "Something")


def test_a_stopped_check_says_that_nothing_is_kept(
    pack: Pack, fake_host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled = pack("trainer.errors").Cancelled

    def stopped(**_: Any) -> Generator[Any, None, Any]:
        raise cancelled("Stopped while getting ready; what was encoded so far is kept.")
        yield

    monkeypatch.setattr(pack("trainer.demo.check"), "check_installation", stopped)
    with pytest.raises(Interrupted):
        pack("nodes.demo.check_installation").CheckInstallation.execute()
    said = [data["text"] for event, data in fake_host.sent if event == "likeness.stopped"]
    assert said == ["Stopped; nothing is kept. Run again to start anew."]
