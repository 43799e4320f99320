"""The demo's pictures as found: good ones, and six to be noticed."""

from pathlib import Path

import pytest

from trainer.dataset.audit.audit import audit
from trainer.dataset.checks.rules import Rules
from trainer.dataset.dataset import Dataset
from trainer.demo.assets import demo_reader
from trainer.demo.characters.found import GOOD, draw_found


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return draw_found(tmp_path_factory.mktemp("found"))


def test_every_flaw_is_found_by_the_check_for_it(drawn: Dataset) -> None:
    reader = demo_reader()
    checked = audit(drawn, faces=reader, attributes=reader, rules=Rules.at(128)).dataset
    found = {sample.path.name: {finding.check for finding in sample.findings} for sample in checked.samples}
    assert len(found) == GOOD + 6
    wanted = {
        "resaved.jpg": "jpeg",
        "mirrored.png": "near copy",
        "blurred.png": "upscaled",
        "tiny.png": "size",
        "stranger.png": "odd one out",
        "nobody.png": "no face",
    }
    assert {name: check in found[name] for name, check in wanted.items()} == dict.fromkeys(wanted, True)


def test_drawing_again_draws_the_same(drawn: Dataset, tmp_path: Path) -> None:
    assert draw_found(tmp_path).fingerprint() == drawn.fingerprint()
