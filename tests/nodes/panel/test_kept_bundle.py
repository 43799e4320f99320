"""What the page is shown of a run's diagnostic bundle, and what it saves."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ...trainer.training.run.made_run import make_run, whole_story
from ..fake_host import FakeHost

Pack = Callable[[str], Any]


@pytest.fixture
def run(fake_host: FakeHost) -> Path:
    folder = fake_host.home / "output" / "likeness" / "wrenna"
    return make_run(folder, events=whole_story(folder)).path


def test_all_that_would_be_saved_is_shown_first(pack: Pack, run: Path) -> None:
    kept = pack("nodes.panel.kept_bundle")
    shown = json.loads(json.dumps(kept.shown_bundle({"name": "wrenna"})))["files"]
    with zipfile.ZipFile(io.BytesIO(kept.packed_bundle({"name": "wrenna"}))) as opened:
        assert [part["name"] for part in shown] == opened.namelist()
        assert shown[1]["text"] == opened.read("recipe.json").decode() and not shown[1]["is_cut"]
    assert "wrenna" not in json.dumps(shown) and "sage" not in json.dumps(shown)
    named = kept.shown_bundle({"name": "wrenna", "names": "1", "captions": "1"})["files"]
    assert any("1.png" in part["text"] and "sage, number 1" in part["text"] for part in named)


def test_a_long_log_is_shown_by_its_beginning(pack: Pack, run: Path) -> None:
    row = {"event": "unwatched", "step": 1, "why": "Nobody reads faces."}
    (run / "events.jsonl").write_text((json.dumps(row) + "\n") * 1000)
    shown = {part["name"]: part for part in pack("nodes.panel.kept_bundle").shown_bundle({"name": "wrenna"})["files"]}
    log = shown["events.jsonl"]
    assert log["is_cut"] and len(log["text"]) == 20_000 < log["bytes"]


@pytest.mark.parametrize("name", ["none", "../wrenna", "", "recipes", "a" * 300])
def test_no_run_of_that_name_is_told_in_a_sentence(pack: Pack, run: Path, name: str) -> None:
    assert set(pack("nodes.panel.kept_bundle").shown_bundle({"name": name})) == {"fault"}


def test_nothing_is_read_through_a_link(pack: Pack, run: Path, tmp_path: Path) -> None:
    (run.parent / "linked").symlink_to(make_run(tmp_path / "elsewhere").path, target_is_directory=True)
    assert "links to another place" in pack("nodes.panel.kept_bundle").shown_bundle({"name": "linked"})["fault"]
