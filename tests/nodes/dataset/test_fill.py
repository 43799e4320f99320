"""Fill gaps, with a generator in the host's place."""

import json
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ..fake_host import FakeHost, Interrupted

Pack = Callable[[str], Any]
CHOICES: dict[str, Any] = {
    "reader": "demo drawings",
    "way": "words",
    "gaps": "angry",
    "per_gap": 1,
    "views": "expression: angry | angry",
    "looks": "",
    "resolution": 128,
    "steps": 2,
    "cfg": 4.0,
    "seed": 0,
}


class _Generator:
    """Returns a held picture, whatever is asked."""

    picture: Image.Image
    supports: frozenset[type]
    control: Any = None
    drawn = 0

    def __init__(self, *parts: Any, **more: Any) -> None:
        type(self).control = more["control"]

    def generate(self, shots: Any) -> Iterator[Image.Image]:
        for shot in shots:
            type(self).drawn += 1
            yield self.picture.resize((shot.width, shot.height))

    def fingerprint(self) -> str:
        return "fake"


@pytest.fixture
def renders(pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A set without an angry face, and a generator that has one of the same person."""
    name = pack("nodes").__name__ + ".host.generator"
    _Generator.supports = pack("trainer.generate.attachments").ATTACHMENTS
    fake = types.SimpleNamespace(HostGenerator=_Generator, Control=types.SimpleNamespace)
    monkeypatch.setitem(sys.modules, name, fake)  # type: ignore[arg-type]
    dataset = pack("trainer.demo.characters.renders").draw_renders(tmp_path / "renders", train=12)
    angry = [sample for sample in dataset.samples if "angry" in sample.caption]
    _Generator.picture, _Generator.drawn = Image.open(angry[0].path), 0
    return dataset.with_samples(tuple(sample for sample in dataset.samples if sample not in angry))


def _filled(pack: Pack, dataset: Any, **more: Any) -> Any:
    return pack("nodes.dataset.fill").FillGaps.execute(dataset, object(), object(), object(), **{**CHOICES, **more})


def test_the_missing_expression_comes_into_the_set(pack: Pack, fake_host: FakeHost, renders: Any) -> None:
    done = _filled(pack, renders)
    dataset, made, coverage, figures = done.args
    added = dataset.samples[len(renders.samples) :]
    assert [one.origin for one in added] == ["filled"] and "angry" in added[0].caption
    assert "1 of 1 gaps filled" in done.ui["text"][0] and not done.ui["warning"]
    known = json.loads(figures)
    assert not known["before"]["axes"]["expression"]["buckets"]["angry"]
    assert known["after"]["axes"]["expression"]["buckets"]["angry"] == [added[0].sha256]
    assert made.shape[0] == coverage.shape[0] == 1
    assert fake_host.progress and "expression: angry" in fake_host.sent[-1][1]["text"]
    assert fake_host.sent[-1][1]["picture"].startswith("data:image/jpeg;base64,")


def test_what_stays_missing_is_a_warning(pack: Pack, fake_host: FakeHost, renders: Any) -> None:
    done = _filled(pack, renders, gaps="profile", views="angle: left profile | profile", retries=1)
    assert done.ui["warning"] == ("Still missing: angle: left profile.",)
    assert len(done.args[0].samples) == len(renders.samples) and _Generator.drawn == 2


def test_a_controlnet_is_handed_on_with_its_numbers(pack: Pack, fake_host: FakeHost, renders: Any) -> None:
    _filled(pack, renders, control_net="net", strength=0.5, end=0.6)
    assert (_Generator.control.net, _Generator.control.strength, _Generator.control.end) == ("net", 0.5, 0.6)
    _filled(pack, renders, control_net="net", strength=0.0, end=0.6)
    assert _Generator.control is None


def test_the_catalogue_shown_first_is_the_packs(pack: Pack) -> None:
    schema = pack("nodes.dataset.fill").FillGaps.define_schema()
    shown = next(one for one in schema.inputs if one.id == "views").options["default"]
    view = pack("trainer.augment.fill.view")
    assert view.parse_views(shown) == view.stock_views()


@pytest.mark.parametrize("views", ["", "profile | left", "angle: front"])
def test_catalogues_that_cannot_be_read_are_refused_before_the_run(pack: Pack, views: str) -> None:
    assert isinstance(pack("nodes.dataset.fill").FillGaps.validate_inputs(views), str)


def test_cancel_stops_between_pictures(pack: Pack, fake_host: FakeHost, renders: Any) -> None:
    fake_host.interrupted = True
    with pytest.raises(Interrupted):
        _filled(pack, renders)
