"""What the page is sent stays small, however many pictures, steps and files there are."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ..fake_host import FakeHost
from ..pictures import write_folder

Pack = Callable[[str], Any]


@pytest.fixture
def dataset(pack: Pack, fake_host: FakeHost) -> Any:
    inside = write_folder(fake_host.home / "input" / "who", count=5)
    (inside / "copy.png").write_bytes((inside / "005.png").read_bytes())
    for number, data in enumerate((b"no picture", b"", b"\x89PNG")):  # one line a reason
        (inside / f"broken {number}.png").write_bytes(data)
    return pack("trainer.dataset.files.folder").read_dataset(fake_host.home / "input" / "who")


def test_of_many_pictures_those_to_look_at_are_listed_and_the_others_counted(
    pack: Pack, dataset: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = pack("nodes.panel.audit_view")
    for name, most in {"MOST_ROWS": 2, "_MOST_PAIRS": 0, "_MOST_LEFT_OUT": 1}.items():
        monkeypatch.setattr(view, name, most)
    made = pack("nodes.dataset.check").CheckDataset.execute(
        dataset=[dataset], reader=["no faces"], resolution=[64], review=['{"waived_of_set": ["count"]}']
    )
    state = made.ui["likeness_check"][0]
    assert len(made.args[0].samples) == 6
    assert (len(state["tiles"]), state["more"], len(state["left_out"])) == (2, 4, 1)
    listed = {tile["id"] for tile in state["tiles"]}
    for axis in state["axes"]:
        assert all(set(bucket["ids"]) <= listed for bucket in axis["buckets"])
        held = sum(len(bucket["ids"]) + bucket["more"] for bucket in axis["buckets"])
        assert not axis["buckets"] or held == 6
    said = " ".join(state["counters"])
    assert "4 more pictures are not listed here" in said
    assert "more near-duplicate pairs are not listed" in said
    assert "2 more files were left out and are not listed" in said


def test_the_captions_table_is_cut_where_it_grows_too_large(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    budget = pack("nodes.panel.budget")
    made: list[int] = []

    def rows() -> Any:
        for number in range(100):
            made.append(number)
            yield {"caption": "x" * 1000}

    monkeypatch.setattr(budget, "MOST_LETTERS", 10_500)
    assert len(budget.fitting(rows())) == 10
    assert len(made) == 11, "rows that are not sent are not made"


def test_fragments_name_rows_of_the_table_by_their_places(
    pack: Pack, dataset: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    view = pack("nodes.panel.captions_view")
    monkeypatch.setattr(view, "MOST_ROWS", 4)
    monkeypatch.setattr(view, "_MOST_FRAGMENTS", 1)
    captioned = [replace(one, caption="sage, red hair, a sunny park", author="tagger") for one in dataset.samples]
    made = pack("nodes.captions.review").ReviewCaptions.execute(
        dataset=dataset.with_samples(tuple(captioned)), save="keep in the workflow", review=""
    )
    state = made.ui["likeness_captions"][0]
    assert (len(state["rows"]), state["more"]) == (4, 2)
    first, second = state["fragments"][:2]
    assert (first["rows"], first["count"]) == ([0, 1, 2, 3], 6)
    assert (second["rows"], second["count"]) == ([], 6)


def test_warnings_are_the_first_of_very_many(pack: Pack) -> None:
    sheet = pack("nodes.panel.sheet")
    view = sheet.picture_view(
        None, None, "x" * 100_000, warning=[f"{number}.png: {'y' * 5000}" for number in range(900)]
    )
    assert view["warning"][-1] == "and 850 more, not listed."
    assert len(json.dumps(view)) < 50_000


def test_a_run_of_a_hundred_thousand_steps_is_told_in_a_few_kilobytes(pack: Pack) -> None:
    events, live = pack("trainer.training.run.events"), pack("nodes.panel.run").RunState(_view)
    for step in range(0, 100_001, 20):
        live.add(events.HeldOut(step=step, held_out=step + 0.123456789, train=0.1))
        live.add(events.Saved(step=step, path=Path("x.safetensors")))
        if step % 100 == 0:
            names = tuple(Path(f"step{step:06d}_{number}.png") for number in range(12))
            live.add(events.Sampled(step=step, paths=names, likeness=(0.5,) * 12))
    said = live.snapshot()
    assert len(json.dumps(said)) < 100_000
    steps = [row["step"] for row in said["samples"]]
    assert (steps[0], steps[-1], said["samples_of"]) == (0, 100_000, 1001)
    assert [step for step, _ in said["likeness"]] == steps
    assert said["held_out"][-1] == [100_000, 100_000.123456789, 0.1]


def test_a_picture_of_a_message_is_as_large_as_the_panel_needs(pack: Pack, fake_host: FakeHost) -> None:
    import numpy as np
    from PIL import Image

    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (2048, 1024, 3), dtype=np.uint8))
    pack("nodes.panel.progress").show_picture("1", 1, 2, "drawn", noise)
    assert len(fake_host.sent[-1][1]["picture"]) < 150_000
    assert noise.size == (1024, 2048)


def _view(path: Path) -> dict[str, str]:
    return {"filename": path.name, "subfolder": "likeness/my_character/samples", "type": "output"}
