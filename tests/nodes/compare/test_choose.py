"""Choosing a checkpoint, recommended or one's own."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ..fake_host import FakeHost

Pack = Callable[[str], Any]


def _report(home: Path, chosen: int | None) -> Any:
    folder = home / "output" / "likeness" / "sage"
    (folder / "checkpoints").mkdir(parents=True)
    for step in (50, 100):
        (folder / "checkpoints" / f"sage_step{step:06d}.safetensors").write_bytes(f"step {step}".encode())
    scores = SimpleNamespace(chosen_step=chosen, reason="Nobody was learned.", trigger="sage_character")
    return SimpleNamespace(run=SimpleNamespace(folder=folder, name="sage", models=None), report=scores)


def test_the_recommended_checkpoint_is_published(pack: Pack, fake_host: FakeHost) -> None:
    node = pack("nodes.compare.choose").ChooseCheckpoint
    made = node.execute(_report(fake_host.home, chosen=50), step=0, save_as="")
    assert made.args[0].path.read_bytes() == b"step 50"
    assert made.args[0].path.name == "sage_chosen.safetensors"
    assert made.args[0].trigger == "sage_character"


def test_a_step_of_ones_own_goes_before_the_recommendation(pack: Pack, fake_host: FakeHost) -> None:
    node = pack("nodes.compare.choose").ChooseCheckpoint
    made = node.execute(_report(fake_host.home, chosen=50), step=100, save_as="mine")
    assert made.args[0].path.read_bytes() == b"step 100"
    assert made.args[0].path.name == "mine.safetensors"


def test_the_same_choice_twice_is_one_file_and_another_choice_is_told(pack: Pack, fake_host: FakeHost) -> None:
    node = pack("nodes.compare.choose").ChooseCheckpoint
    report = _report(fake_host.home, chosen=50)
    first, again = (node.execute(report, step=0, save_as="") for _ in range(2))
    assert first.args[0].path == again.args[0].path and first.ui == again.ui
    other = node.execute(report, step=100, save_as="")
    assert other.args[0].path == first.args[0].path and other.args[0].path.read_bytes() == b"step 100"
    assert "sage_step000050.safetensors" in other.ui["text"][0]


def test_a_lora_of_somebody_else_is_not_overwritten_by_a_choice(pack: Pack, fake_host: FakeHost) -> None:
    stranger = fake_host.home / "loras" / "likeness" / "mine.safetensors"
    stranger.parent.mkdir()
    stranger.write_bytes(b"a stranger's")
    made = pack("nodes.compare.choose").ChooseCheckpoint.execute(_report(fake_host.home, 50), step=50, save_as="mine")
    assert stranger.read_bytes() == b"a stranger's"
    assert made.args[0].path.name == "mine_2.safetensors" and made.args[0].path.read_bytes() == b"step 50"
    assert "mine.safetensors is another LoRA" in made.ui["text"][0]


def test_without_a_recommendation_the_reason_and_the_steps_are_given(pack: Pack, fake_host: FakeHost) -> None:
    node = pack("nodes.compare.choose").ChooseCheckpoint
    with pytest.raises(pack("trainer.errors").RunError, match=r"Nobody was learned\..*50, 100"):
        node.execute(_report(fake_host.home, chosen=None), step=0, save_as="")


def test_compared_checkpoints_are_spread_and_end_with_the_last(pack: Pack) -> None:
    spread = pack("nodes.compare.compare").spread
    assert spread(range(1, 11), 3)[-1] == 10
    assert len(spread(range(1, 11), 3)) == 3
    assert spread([1, 2], 6) == [1, 2]
    assert spread(range(1, 11), 1) == [10]
