"""Check dataset: what the page is shown, what goes on, and decisions that cost no second look."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ..fake_host import FakeHost, Interrupted
from ..pictures import write_folder

Pack = Callable[[str], Any]


@pytest.fixture
def dataset(pack: Pack, fake_host: FakeHost) -> Any:
    inside = write_folder(fake_host.home / "input" / "who", count=4)
    (inside / "copy.png").write_bytes((inside / "001.png").read_bytes())
    (inside / "broken.png").write_bytes(b"no picture")
    return pack("trainer.dataset.files.folder").read_dataset(fake_host.home / "input" / "who")


def _check(pack: Pack, dataset: Any, review: str = "", **more: Any) -> tuple[Any, dict[str, Any]]:
    made = pack("nodes.dataset.check").CheckDataset.execute(
        dataset=[dataset], reader=["no faces"], resolution=[64], review=[review], **more
    )
    state = made.ui["likeness_check"][0]
    assert json.loads(json.dumps(state)) == state  # outputs travel as JSON
    return made, state


def test_the_page_is_shown_a_tile_a_picture_with_a_preview(pack: Pack, fake_host: FakeHost, dataset: Any) -> None:
    _, state = _check(pack, dataset)
    assert [tile["name"] for tile in state["tiles"]] == ["001.png", "002.png", "003.png", "004.png", "copy.png"]
    view = state["tiles"][0]["view"]
    assert (fake_host.home / "temp" / view["subfolder"] / view["filename"]).is_file()
    assert state["left_out"][0]["name"].endswith("broken.png")


def test_copies_come_as_a_pair_of_two_pictures(pack: Pack, dataset: Any) -> None:
    _, state = _check(pack, dataset)
    pairs = [pair for pair in state["pairs"] if pair["text"] == "the same pixels"]
    ids = {tile["name"]: tile["id"] for tile in state["tiles"]}
    assert [(pair["a"], pair["b"]) for pair in pairs] == [(ids["001.png"], ids["copy.png"])]
    assert len(set(ids.values())) == 5


def test_dropped_pictures_stay_on_the_page_and_leave_the_dataset(pack: Pack, dataset: Any) -> None:
    _, state = _check(pack, dataset)
    review = json.dumps({"dropped": [state["tiles"][4]["id"]]})
    made, state = _check(pack, dataset, review)
    assert len(state["tiles"]) == 5
    assert state["review"] == review
    assert [sample.path.name for sample in made.args[0].samples] == ["001.png", "002.png", "003.png", "004.png"]
    assert "copy.png" not in made.args[1]


def test_a_decision_looks_at_no_picture_again(pack: Pack, dataset: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _, state = _check(pack, dataset)

    def forbidden(*_: Any) -> None:
        raise AssertionError("a picture was opened")

    monkeypatch.setattr(pack("trainer.dataset.audit.observation"), "look", forbidden)
    review = json.dumps({"waived": {state["tiles"][0]["id"]: ["copy"]}, "waived_of_set": ["count"]})
    made, _ = _check(pack, dataset, review)
    assert made.args[0].samples[0].waived == ("copy",)


def test_another_caption_or_resolution_is_looked_at_anew(pack: Pack, dataset: Any) -> None:
    memory = pack("nodes.dataset.audit_memory")
    _check(pack, dataset)
    changed = pack("nodes.dataset.check").replace(dataset.samples[0], caption="sage, in a red coat")
    _check(pack, dataset.with_samples((changed, *dataset.samples[1:])))
    assert len(memory._kept) == 2


def test_the_figures_are_json_and_the_pictures_images(pack: Pack, dataset: Any) -> None:
    made, _ = _check(pack, dataset)
    _, report, sheet, coverage, figures = made.args
    assert report.startswith("sage:")
    assert sheet.ndim == coverage.ndim == 4
    assert json.loads(figures)["verdict"] in ("ready", "attention", "blocked")


@pytest.mark.parametrize("review", ["[]", '{"dropped": ["x"]}', '{"extra": 1}', "{"])
def test_a_review_that_is_none_is_refused_before_the_queue(pack: Pack, review: str) -> None:
    assert pack("nodes.dataset.check").CheckDataset.validate_inputs([review]) is not True
    assert pack("nodes.dataset.check").CheckDataset.validate_inputs([""]) is True


def test_cancel_is_noticed_between_pictures(pack: Pack, fake_host: FakeHost, dataset: Any) -> None:
    fake_host.interrupted = True
    with pytest.raises(Interrupted):
        _check(pack, dataset)


@pytest.mark.usefixtures("no_dlib")
def test_without_a_reader_auto_goes_on_and_first_says_what_to_install(
    pack: Pack, fake_host: FakeHost, dataset: Any
) -> None:
    made = pack("nodes.dataset.check").CheckDataset.execute(
        dataset=[dataset], reader=["auto"], resolution=[64], review=[""]
    )
    state = made.ui["likeness_check"][0]
    first, report = state["findings"][0]["text"], made.args[1].splitlines()[0]
    assert first == report and first.startswith("Faces are not looked at. No face reader is installed.")
    assert f'"{sys.executable}" -m pip install dlib-bin face_recognition_models` and restart ComfyUI.' in first
    counters = " ".join(state["counters"])
    assert "models/insightface" in Path(counters).as_posix()


def test_a_reader_asked_for_by_name_must_be_there(pack: Pack, dataset: Any) -> None:
    with pytest.raises(pack("trainer.errors").FaceError, match="buffalo_l"):
        pack("nodes.readers").readers_of("insightface buffalo_l", None, dataset)


def test_landmarks_of_another_number_of_pictures_are_refused(pack: Pack, dataset: Any) -> None:
    with pytest.raises(pack("trainer.errors").DatasetError, match="landmarks of 1 pictures"):
        _check(pack, dataset, face_landmarks=[{"frames": [[]], "image_size": (64, 64)}])


def test_landmarks_give_expressions(pack: Pack, dataset: Any) -> None:
    face = {"bbox_xyxy": [10, 10, 50, 50], "blendshapes": {"mouthSmileLeft": 0.9, "mouthSmileRight": 0.9}}
    landmarks = [{"frames": [[face]], "image_size": (64, 64)} for _ in dataset.samples]
    _, state = _check(pack, dataset, face_landmarks=landmarks)
    axis = next(axis for axis in state["axes"] if axis["name"] == "expression")
    smiles = next(bucket for bucket in axis["buckets"] if bucket["name"] == "smile")
    assert len(smiles["ids"]) == 5
