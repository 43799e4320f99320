"""Messages name the prompt and the node they come from; a Cancel says what was kept."""

from collections.abc import Callable
from typing import Any

import pytest

from ..fake_host import FakeHost, Interrupted

Pack = Callable[[str], Any]


def test_a_message_names_its_prompt(pack: Pack, fake_host: FakeHost) -> None:
    pack("nodes.host.page").send("likeness.note", {"node": "7", "text": "1 of 2"})
    assert fake_host.sent == [("likeness.note", {"prompt": "a-prompt", "node": "7", "text": "1 of 2"})]


def test_a_cancelled_node_says_what_was_kept(pack: Pack, fake_host: FakeHost) -> None:
    page, cancelled = pack("nodes.host.page"), pack("trainer.errors").Cancelled
    with pytest.raises(Interrupted), page.cancellable():
        raise cancelled("Stopped after 177 of 192 pictures; run again to go on from there.")
    ((event, said),) = fake_host.sent
    assert (event, said["prompt"], said["node"]) == ("likeness.stopped", "a-prompt", "5")
    assert said["text"] == "Stopped after 177 of 192 pictures; run again to go on from there."


def test_a_message_of_what_a_loop_unrolled_names_the_node_that_the_page_shows(pack: Pack, fake_host: FakeHost) -> None:
    fake_host.shown["604.0.0.7"] = "7"
    pack("nodes.host.page").send("likeness.note", {"node": "604.0.0.7", "text": "1 of 2"})
    assert fake_host.sent[0][1]["node"] == "7"
