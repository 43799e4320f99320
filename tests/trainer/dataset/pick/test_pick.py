"""The pictures to train on, out of many."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from trainer.dataset.pick.pick import Picked, pick
from trainer.errors import Cancelled, DatasetError, FaceError
from trainer.faces.identity import likeness_to_the_most_frequent
from trainer.images.pixels import load_rgb, pixel_sha256

from ..portraits import HERO, STRANGER, Studio

BOX = (150.0, 80.0, 230.0, 180.0)


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path / "folder")


def names(picked: Picked) -> list[str]:
    return [sample.path.stem for sample in picked.dataset.samples]


def reasons(picked: Picked) -> dict[str, str]:
    return {left.name.removesuffix(".png"): left.why for left in picked.left_out}


def shoot_many(studio: Studio, count: int = 4) -> None:
    for number in range(count):
        studio.shoot(f"front{number}", BOX)


def test_scarce_angles_are_picked_before_more_of_the_same(studio: Studio) -> None:
    shoot_many(studio, 6)
    studio.shoot("left", BOX, yaw=-40.0)
    studio.shoot("profile", BOX, yaw=70.0)
    picked = pick(studio.dataset(), 3, faces=studio.reader)
    assert {"left", "profile"} < set(names(picked))
    assert "front" in reasons(picked)["front5"] or "front" in reasons(picked)["front4"]
    assert picked.text == "3 of 8 pictures were picked; 5 stayed out."


def test_the_order_of_the_folder_is_kept_and_a_second_pick_is_the_same(studio: Studio) -> None:
    shoot_many(studio, 8)
    dataset = studio.dataset()
    first, second = (pick(dataset, 4, faces=studio.reader) for _ in range(2))
    assert first == second
    assert names(first) == [s.path.stem for s in dataset.samples if s.path.stem in names(first)]


def test_a_stranger_stays_out_and_the_reason_names_reader_and_threshold(studio: Studio) -> None:
    shoot_many(studio)
    studio.shoot("stranger", BOX, who=STRANGER)
    picked = pick(studio.dataset(), faces=studio.reader)
    assert "somebody else: likeness 0.00" in reasons(picked)["stranger"]
    assert "0.50 is the least (known reader)" in reasons(picked)["stranger"]


def test_baselines_decide_who_the_character_is(studio: Studio, tmp_path: Path) -> None:
    shoot_many(studio)
    for number in range(2):
        studio.shoot(f"stranger{number}", BOX, who=STRANGER)
    chosen = load_rgb(studio.folder / "stranger0.png")
    picked = pick(studio.dataset(), faces=studio.reader, baselines=[chosen])
    assert names(picked) == ["stranger0", "stranger1"]
    like = picked.dataset.samples[0].likeness
    assert like is not None
    assert (like.reader, like.against) == ("known reader", "the baselines")
    assert like.value == pytest.approx(1)


def test_profiles_and_pictures_without_a_face_are_not_measured_and_never_low(studio: Studio) -> None:
    shoot_many(studio)
    studio.shoot("profile", BOX, who=STRANGER, yaw=80.0)
    studio.shoot("back")
    picked = pick(studio.dataset(), faces=studio.reader)
    likes = {sample.path.stem: sample.likeness for sample in picked.dataset.samples}
    assert [(like.value, like.against) for name in ("profile", "back") if (like := likes[name])] == [
        (None, "a profile"),
        (None, "no face"),
    ]


def test_pictures_without_a_face_only_fill_up(studio: Studio) -> None:
    shoot_many(studio, 3)
    studio.shoot("back")
    picked = pick(studio.dataset(), 3, faces=studio.reader)
    assert "back" not in names(picked)
    assert "no face" in reasons(picked)["back"]


def test_soft_pictures_small_faces_and_copies_stay_out_each_with_its_reason(studio: Studio) -> None:
    shoot_many(studio)
    studio.shoot("soft", BOX, blur=4)
    studio.shoot("far", (150, 80, 180, 120))
    load_rgb(studio.folder / "front1.png").resize((398, 298)).save(studio.folder / "front1small.png")
    why = reasons(pick(studio.dataset(), faces=studio.reader))
    assert "in focus" in why["soft"]
    assert why["far"] == "Its face is 40 pixels high; 64 is the least."
    assert why["front1small"] == "It shows the same as front1.png, which is kept."


def test_what_is_held_out_stays_and_no_copy_of_it_is_trained_on(studio: Studio) -> None:
    shoot_many(studio, 5)
    load_rgb(studio.folder / "front3.png").save(studio.folder / "a_copy.png")
    dataset = studio.dataset()
    split = dataset.with_samples(
        tuple(replace(s, split="held_out") if s.path.stem == "front3" else s for s in dataset.samples)
    )
    picked = pick(split, 2, faces=studio.reader)
    assert [sample.path.stem for sample in picked.dataset.held_out] == ["front3"]
    assert len(picked.dataset.train) == 2
    assert reasons(picked)["a_copy"] == "It shows the same as front3.png, which is kept."


def test_a_copy_of_a_held_out_picture_that_is_not_fit_is_not_trained_on_either(studio: Studio) -> None:
    shoot_many(studio, 5)
    like = load_rgb(studio.folder / "front3.png")
    like.filter(ImageFilter.GaussianBlur(4)).save(studio.folder / "front3.png")
    like.save(studio.folder / "sharp.png")
    split = studio.dataset().with_samples(
        tuple(replace(s, split="held_out") if s.path.stem == "front3" else s for s in studio.dataset().samples)
    )
    picked = pick(split, 5, faces=studio.reader)
    assert [sample.path.stem for sample in picked.dataset.held_out] == ["front3"]
    assert reasons(picked)["sharp"] == "It shows the same as front3.png, which is kept."


def test_a_broken_file_stays_out_by_name(studio: Studio) -> None:
    shoot_many(studio)
    dataset = studio.dataset()
    (studio.folder / "front2.png").write_bytes(b"")
    assert "empty" in reasons(pick(dataset, faces=studio.reader))["front2"]


def test_without_a_reader_nothing_is_measured_and_still_picked(studio: Studio) -> None:
    shoot_many(studio)
    picked = pick(studio.dataset(), 2, faces=None)
    assert len(names(picked)) == 2
    assert picked.likeness == {}
    assert picked.reader is None


def test_likeness_of_every_picture_is_given_picked_or_not(studio: Studio) -> None:
    shoot_many(studio)
    dataset = studio.dataset()
    assert set(pick(dataset, 1, faces=studio.reader).likeness) == {sample.sha256 for sample in dataset.samples}


def test_a_baseline_without_a_face_is_refused(studio: Studio) -> None:
    shoot_many(studio)
    with pytest.raises(FaceError, match="Baseline 1 shows no face"):
        pick(studio.dataset(), faces=studio.reader, baselines=[Image.new("RGB", (64, 64))])


def test_nothing_fit_is_an_error_with_every_reason(studio: Studio) -> None:
    studio.shoot("soft", BOX, blur=4)
    with pytest.raises(DatasetError, match=r"soft.png: Nothing in it is in focus"):
        pick(studio.dataset(), faces=studio.reader)


def test_it_stops_when_asked_to(studio: Studio) -> None:
    shoot_many(studio)
    with pytest.raises(Cancelled, match="1 of 4"):
        pick(studio.dataset(), faces=studio.reader, cancelled=lambda: True)


def test_of_two_people_the_more_frequent_is_the_character() -> None:
    rng = np.random.default_rng(2)
    rows = np.stack(
        [*(HERO + rng.normal(0, 0.05, 3) for _ in range(6)), *(STRANGER + rng.normal(0, 0.05, 3) for _ in range(5))]
    )
    values = likeness_to_the_most_frequent(rows / np.linalg.norm(rows, axis=1, keepdims=True), 0.5)
    assert values[:6].min() > 0.9
    assert values[6:].max() < 0.2


def test_beside_a_larger_stranger_the_character_s_face_is_measured(studio: Studio) -> None:
    shoot_many(studio)
    path = studio.shoot("two", (10, 30, 140, 250), who=STRANGER)
    friend = studio.reader.known[pixel_sha256(load_rgb(path))]
    studio.shoot("two", BOX)
    studio.reader.known[pixel_sha256(load_rgb(path))] = [*friend, *studio.reader.known[pixel_sha256(load_rgb(path))]]
    for baselines in ((), [load_rgb(studio.folder / "front0.png")]):
        picked = pick(studio.dataset(), faces=studio.reader, baselines=baselines)
        (two,) = [sample for sample in picked.dataset.samples if sample.path.stem == "two"]
        assert two.face is not None and two.face.box == BOX
        assert two.likeness is not None and two.likeness.value == pytest.approx(1)
