"""Crop to face or body, and Pick images, on the demo's drawings."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from trainer.demo.characters.found import draw_found

from ..fake_host import FakeHost, Interrupted

Pack = Callable[[str], Any]
CHOICES: dict[str, Any] = {"mode": "face", "resolution": 128, "without_face": "keep out"}


@pytest.fixture(scope="module")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("found")
    draw_found(folder)
    return folder


@pytest.fixture
def found(pack: Pack, drawings: Path) -> Any:
    return pack("trainer.dataset.files.folder").read_dataset(drawings)


def _crop(pack: Pack, dataset: Any, **more: Any) -> Any:
    return pack("nodes.dataset.crop").CropDataset.execute(dataset, reader="demo drawings", **{**CHOICES, **more})


def test_face_crops_are_framed_alike_and_named_by_their_contents(pack: Pack, fake_host: FakeHost, found: Any) -> None:
    made = _crop(pack, found)
    dataset, preview = made.args
    sizes = [(sample.width, sample.height) for sample in dataset.samples]
    assert sizes[:-1] == [(128, 128)] * 22
    assert sizes[-1] < (128, 128)  # tiny.png is not enlarged beyond the limit
    assert all(sample.path.parent.name == "crops" and sample.origin == "crop" for sample in dataset.samples)
    shares = [(sample.face.box[3] - sample.face.box[1]) / sample.height for sample in dataset.samples]
    assert all(0.5 <= share <= 0.7 for share in shares)
    assert preview.ndim == 4
    assert "nobody.png" in " ".join(made.ui["warning"])


def test_pictures_without_a_face_are_kept_whole_when_asked(pack: Pack, found: Any) -> None:
    made = _crop(pack, found, without_face="keep whole")
    assert "nobody.png" in {sample.path.name for sample in made.args[0].samples}


@pytest.mark.parametrize("resolution", [128, 512])
def test_bodies_and_close_ups_share_training_as_asked(pack: Pack, found: Any, resolution: int) -> None:
    few = found.with_samples(found.samples[:10])
    made = _crop(pack, few, mode="body", resolution=resolution, close_ups=0.3)
    assert {sample.source is not None for sample in made.args[0].samples} == {True}
    assert "70% / 30% was asked for" in made.ui["text"][0]


@pytest.mark.usefixtures("no_dlib")
def test_without_a_reader_going_on_with_whole_pictures_is_offered(pack: Pack, found: Any) -> None:
    crop = pack("nodes.dataset.crop").CropDataset.execute
    with pytest.raises(pack("trainer.errors").FaceError, match="Set without_face to 'keep whole' to go on with whole"):
        crop(found, reader="auto", **CHOICES)
    made = crop(found, reader="auto", **{**CHOICES, "without_face": "keep whole"})
    assert [sample.sha256 for sample in made.args[0].samples] == [sample.sha256 for sample in found.samples]
    assert made.ui["warning"][0].startswith("No face was looked for, so every picture is kept whole. No face reader")


@pytest.mark.usefixtures("no_dlib")
def test_without_a_reader_faces_marked_before_are_cropped_to(pack: Pack, found: Any) -> None:
    made = _crop(pack, found.with_samples(found.samples[:6]))
    again = pack("nodes.dataset.crop").CropDataset.execute(made.args[0], reader="auto", **CHOICES)
    assert len(again.args[0].samples) == len(made.args[0].samples)
    assert again.ui["warning"][0].startswith("Cropped by the faces that were marked before.")


def test_a_reader_asked_for_by_name_says_what_is_missing(pack: Pack, found: Any) -> None:
    with pytest.raises(pack("trainer.errors").FaceError, match="models/insightface"):
        pack("nodes.dataset.crop").CropDataset.execute(found, reader="insightface buffalo_l", **CHOICES)


def test_cancel_is_noticed_between_pictures(pack: Pack, fake_host: FakeHost, found: Any) -> None:
    _crop(pack, found)
    assert [step for step in fake_host.progress if step[1] == step[2]] == [("1", 48, 48), ("1", 23, 23)]
    assert fake_host.sent[-1][1]["text"].startswith("Drawing ")
    fake_host.interrupted = True
    with pytest.raises(Interrupted):
        _crop(pack, found)
    assert not fake_host.interrupted


def _pick(pack: Pack, dataset: Any, **more: Any) -> Any:
    choices: dict[str, Any] = {"count": 10, "reader": "demo drawings", "baselines": "", "held_out": 3, **more}
    return pack("nodes.dataset.pick").PickImages.execute(dataset, **choices)


def test_as_many_are_picked_as_asked_and_the_others_are_explained(pack: Pack, found: Any) -> None:
    made = _pick(pack, found)
    dataset = made.args[0]
    assert (len(dataset.train), len(dataset.held_out)) == (10, 3)
    assert len(made.ui["warning"]) == 24 - 13
    assert any(row.startswith("nobody.png: ") for row in made.ui["warning"])


def test_pictures_are_scored_against_the_named_baselines(pack: Pack, found: Any) -> None:
    dataset = _pick(pack, found, baselines="002.png, 004.png").args[0]
    assert {sample.likeness.against for sample in dataset.samples} <= {"the baselines", "a profile", "no face"}


@pytest.mark.parametrize(("names", "said"), [("x.png", "called x.png"), ("1,2,3,4", "at most 3")])
def test_baselines_that_are_none_are_refused(pack: Pack, found: Any, names: str, said: str) -> None:
    with pytest.raises(pack("trainer.errors").DatasetError, match=said):
        _pick(pack, found, baselines=names)


def test_picking_moves_the_bar_and_notices_cancel(pack: Pack, fake_host: FakeHost, found: Any) -> None:
    _pick(pack, found)
    assert fake_host.progress[-1] == ("1", 24, 24)
    fake_host.interrupted = True
    with pytest.raises(Interrupted):
        _pick(pack, found)
    assert not fake_host.interrupted


def test_of_several_faces_the_one_like_the_baselines_is_taken(pack: Pack, found: Any, tmp_path: Path) -> None:
    """A pair, and each of the two alone: only the baselines tell who is meant."""
    names = {"hero": found.samples[0].path, "stranger": found.root.glob("*/stranger.png").__next__()}
    hero, stranger = (Image.open(path).convert("RGB") for path in names.values())
    pair = Image.new("RGB", (hero.width + stranger.width, max(hero.height, stranger.height)))
    pair.paste(hero, (0, 0))
    pair.paste(stranger, (hero.width, 0))
    for name, image in {"a_pair": pair, "hero": hero, "stranger": stranger}.items():
        image.save(tmp_path / f"{name}.png")
    dataset = pack("trainer.dataset.files.folder").read_dataset(tmp_path)
    made = {name: _crop(pack, dataset, baselines=f"{name}.png") for name in names}
    for each in made.values():
        assert "1 picture shows several faces, of which the one most like the character's" in each.ui["text"][0]
    reader = pack("trainer.demo.assets").demo_reader()
    for name, each in made.items():
        crop = Image.open(each.args[0].samples[0].path)
        own, others = (Image.open(tmp_path / f"{who}.png") for who in (name, *(names.keys() - {name})))
        face, mine, theirs = (reader.faces(image)[0].embedding for image in (crop, own, others))
        assert float(face @ mine) > 0.8 > float(face @ theirs)
    with pytest.raises(pack("trainer.errors").DatasetError, match=r"No picture is called nobody\.png"):
        _crop(pack, dataset, baselines="nobody.png")


@pytest.mark.usefixtures("no_dlib")
def test_baselines_without_a_reader_are_said_to_tell_nothing(pack: Pack, found: Any) -> None:
    name = found.samples[0].path.name
    made = pack("nodes.dataset.crop").CropDataset.execute(
        found, reader="auto", baselines=name, **{**CHOICES, "without_face": "keep whole"}
    )
    assert "Without a face reader the baselines tell nothing" in " ".join(made.ui["warning"])
