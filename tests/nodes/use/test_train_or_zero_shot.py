"""Train or zero-shot, on the graph: what is read of the pictures, the machine and the widgets."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.fakes import CHARACTER, SIDE, FakeReader, picture

from ..conftest import listed_nodes
from ..fake_host import FakeHost

Pack = Callable[[str], Any]
FEATURES = "scars, clothes or other features"


class _Looks:
    """Takes every picture for a render, or for a photograph."""

    def __init__(self, margin: float) -> None:
        self._margin = margin

    def margin(self, image: Any, style: str) -> float:
        return self._margin


@pytest.fixture
def ask(pack: Pack, fake_host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The node, asked of so many pictures with a face."""
    module = pack("nodes.use.train_or_zero_shot")
    found = pack("nodes.readers").Readers(faces=FakeReader())
    monkeypatch.setattr(module, "readers_of", lambda *_: found)

    def run(count: int = 12, margin: float | None = None, **given: Any) -> Any:
        looks = None if margin is None else _Looks(margin)
        monkeypatch.setattr(module, "style_reader", lambda *_: looks)
        widgets = {"goal": FEATURES, "reader": "auto", "pictures_are": "auto", "card": 0.0}
        return module.TrainOrZeroShot.execute(dataset=_dataset(pack, fake_host.home, count), **{**widgets, **given})

    return run


def _dataset(pack: Pack, home: Path, count: int) -> Any:
    digest = pack("trainer.images.pixels")
    samples = []
    for number in range(count):
        path = home / "input" / f"{number}.png"
        picture(CHARACTER, block=(number, -number)).save(path)
        sha = digest.pixel_sha256(digest.load_rgb(path))
        samples.append(pack("trainer.dataset.sample").Sample(path=path, sha256=sha, width=SIDE, height=SIDE))
    named = {"trigger": "sage_character", "subject": "person", "root": home / "input"}
    return pack("trainer.dataset.dataset").Dataset(samples=tuple(samples), **named)


def _kinds(made: Any) -> set[str]:
    return {reason["kind"] for reason in json.loads(made.args[2])["reasons"]}


def test_the_verdict_comes_with_its_reasons_on_the_node(ask: Any) -> None:
    made = ask()
    verdict, report, figures = made.args
    told = json.loads(figures)
    assert verdict == told["verdict"] == "both" and (told["pictures"], told["faces"]) == (12, 12)
    assert report.startswith("Both: the LoRA as base") and made.ui["text"] == (report,)
    assert {"features", "least", "robust", "one_view"} == _kinds(made)


@pytest.mark.parametrize(
    ("given", "is_drawn"),
    [
        ({}, False),
        ({"margin": -0.4}, True),
        ({"margin": 0.4}, False),
        ({"margin": -0.4, "pictures_are": "photographs"}, False),
        ({"pictures_are": "drawings or renders"}, True),
        ({"reader": "demo drawings"}, True),
    ],
)
def test_drawings_are_told_as_said_or_by_clip(ask: Any, given: dict[str, Any], is_drawn: bool) -> None:
    assert ("drawn" in _kinds(ask(4, **given))) is is_drawn


def test_the_card_is_this_machines_unless_told(pack: Pack, ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask().args[0] == "both", "a processor is no card"
    cuda = SimpleNamespace(get_torch_device=lambda: "cuda:0", get_total_memory=lambda _: 4 * 2**30)
    monkeypatch.setattr(pack("nodes.host.compute"), "management", cuda)
    made = ask()
    assert made.args[0] == "zero-shot" and "The card has 4.29 GB" in made.args[1]
    assert ask(card=24.0).args[0] == "both"


def test_a_dataset_of_nothing_is_an_answer(ask: Any) -> None:
    assert ask(0).args[0] == "neither"


def test_the_nodes_to_go_on_with_are_there(pack: Pack) -> None:
    table = pack("trainer.planning.zero_shot.table")
    ids = {node.define_schema().node_id for node in listed_nodes()}
    assert {name for row in (*table.VERDICTS, *table.REASONS) for name in row.next} <= ids
