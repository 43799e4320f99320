"""Make style variants, with a generator in the host's place."""

import json
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageFilter

from ..fake_host import FakeHost, Interrupted

Pack = Callable[[str], Any]
CHOICES: dict[str, Any] = {
    "reader": "demo drawings",
    "styles": "flat drawing | 0.5",
    "per_render": 1,
    "looks": "",
    "resolution": 128,
    "steps": 2,
    "cfg": 4.0,
    "seed": 0,
}


class _Generator:
    """Blurs the start a little: the same face, but still a render."""

    supports: frozenset[type]

    def __init__(self, *parts: Any, **more: Any) -> None:
        self.sampling = more["sampling"]

    def generate(self, shots: Any) -> Iterator[Image.Image]:
        for shot in shots:
            yield shot.opened_start().filter(ImageFilter.GaussianBlur(0.3 + shot.seed % 7 / 20))

    def fingerprint(self) -> str:
        return "fake"


@pytest.fixture
def renders(pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    name = pack("nodes").__name__ + ".host.generator"
    _Generator.supports = pack("trainer.generate.attachments").ATTACHMENTS
    monkeypatch.setitem(
        sys.modules, name, types.SimpleNamespace(HostGenerator=_Generator, Control=types.SimpleNamespace)
    )  # type: ignore[arg-type]
    return pack("trainer.demo.characters.renders").draw_renders(tmp_path / "renders", train=4)


def _made(pack: Pack, dataset: Any, **more: Any) -> Any:
    node = pack("nodes.dataset.variants").MakeStyleVariants
    given = {"dataset": dataset, "model": object(), "clip": object(), "vae": object(), **CHOICES, **more}
    return node.execute(**{name: value if name == "hints" else [value] for name, value in given.items()})


def test_pictures_that_stay_renders_are_left_out_and_told(pack: Pack, fake_host: FakeHost, renders: Any) -> None:
    made = _made(pack, renders)
    assert "flat drawing: left out" in made.ui["text"][0]
    assert not any(sample.origin == "variant" for sample in made.args[0].samples)
    assert fake_host.progress and "flat drawing" in fake_host.sent[-1][1]["text"]
    assert fake_host.sent[-1][1]["picture"].startswith("data:image/jpeg;base64,")


def test_without_a_reader_every_picture_is_kept(pack: Pack, renders: Any) -> None:
    made = _made(pack, renders, reader="no faces")
    dataset, sheet, figures = made.args
    assert sum(sample.origin == "variant" for sample in dataset.train) == 4
    assert "60% / 40% of training" in made.ui["text"][0]
    assert sheet.ndim == 4 and json.loads(figures)["styles"][0]["kept"] == 4
    assert made.ui["warning"] == ()


@pytest.mark.parametrize("styles", ["", "oil | 0", "\n".join(f"style {n}" for n in range(100))])
def test_tables_that_cannot_be_used_are_refused_before_the_run(pack: Pack, styles: str) -> None:
    assert isinstance(pack("nodes.dataset.variants").MakeStyleVariants.validate_inputs([styles]), str)


def test_the_table_that_is_shown_first_is_the_guides(pack: Pack) -> None:
    default = pack("nodes.dataset.variants")._GUIDE
    styles = pack("trainer.augment.variants.style")
    assert styles.parse_styles(default) == styles.guide_styles()


def test_cancel_stops_between_pictures(pack: Pack, fake_host: FakeHost, renders: Any) -> None:
    fake_host.interrupted = True
    with pytest.raises(Interrupted):
        _made(pack, renders)
    assert not fake_host.interrupted
