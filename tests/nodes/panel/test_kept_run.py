"""What the page is told of a run that lies in its folder."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ..fake_host import FakeHost

Pack = Callable[[str], Any]


@pytest.fixture
def log(pack: Pack, fake_host: FakeHost) -> Callable[..., None]:
    """Writes the log of a run named sage."""
    folder = fake_host.home / "output" / "likeness" / "sage"

    def write(*events: Any) -> None:
        to_json = pack("trainer.training.run.events").event_json
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "events.jsonl").write_text("".join(json.dumps(to_json(event, folder)) + "\n" for event in events))

    return write


def _stepped(pack: Pack, step: int) -> Any:
    return pack("trainer.training.run.events").Stepped(
        step=step, steps=30, loss=0.1, lr=1e-4, seconds_per_step=0.1, seconds_left=3.0
    )


def test_a_run_that_stopped_tells_what_is_kept_and_no_pace(
    pack: Pack, log: Callable[..., None], fake_host: FakeHost
) -> None:
    log(_stepped(pack, 1), _stepped(pack, 2))
    checkpoint: Path = (
        pack("trainer.training.run.folder")
        .RunFolder(fake_host.home / "output" / "likeness" / "sage")
        .checkpoint("sage", 2)
    )
    checkpoint.parent.mkdir()
    checkpoint.touch()
    said = json.loads(json.dumps(pack("nodes.panel.kept_run").kept_run("sage")))
    assert said["status"] == "Stopped at step 2 of 30, saved at step 2; queue again to go on."
    assert said["loss"] == [[1, 0.1], [2, 0.1]]


def test_a_run_that_saved_nothing_promises_nothing(pack: Pack, log: Callable[..., None]) -> None:
    log(_stepped(pack, 1))
    assert pack("nodes.panel.kept_run").kept_run("sage")["status"] == "Stopped at step 1 of 30; queue again."


def test_a_finished_run_is_told_as_finished(pack: Pack, log: Callable[..., None]) -> None:
    log(_stepped(pack, 30), pack("trainer.training.run.events").Finished(checkpoints=(), answered=False))
    assert pack("nodes.panel.kept_run").kept_run("sage")["status"] == "Finished"


def test_samples_that_were_cleaned_up_are_not_shown(pack: Pack, log: Callable[..., None], fake_host: FakeHost) -> None:
    events = pack("trainer.training.run.events")
    folder = fake_host.home / "output" / "likeness" / "sage" / "samples"
    drawn = [events.Sampled(step=step, paths=(folder / f"step{step:06d}_0.png",)) for step in (0, 1, 2)]
    log(drawn[0], _stepped(pack, 1), drawn[1], _stepped(pack, 2), drawn[2])
    folder.mkdir()
    for each in (drawn[0], drawn[2]):
        each.paths[0].touch()
    assert [row["step"] for row in pack("nodes.panel.kept_run").kept_run("sage")["samples"]] == [0, 2]


def test_a_run_that_goes_on_is_told_with_its_pace(pack: Pack, log: Callable[..., None], fake_host: FakeHost) -> None:
    log(_stepped(pack, 1))
    page = pack("nodes.panel.run").RunPage("7", fake_host.home / "output" / "likeness" / "sage")
    seen: list[str] = []

    def watched() -> Any:
        seen.append(pack("nodes.panel.kept_run").kept_run("sage")["status"])
        yield _stepped(pack, 2)

    page.follow(watched())
    assert seen == ["Step 1 of 30 · 0.10 s a step · 3 s left"]
    assert pack("nodes.panel.kept_run").kept_run("sage")["status"].startswith("Stopped at step 1")


@pytest.mark.parametrize("name", ["never_trained", "../sage", "", "a" * 300])
def test_no_run_of_that_name_is_nothing(pack: Pack, log: Callable[..., None], name: str) -> None:
    log(_stepped(pack, 1))
    assert pack("nodes.panel.kept_run").kept_run(name) == {}
