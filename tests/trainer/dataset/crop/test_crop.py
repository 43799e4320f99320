"""Datasets cropped to faces and to bodies."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainer.dataset.crop.crop import BodyCrop, Crop, Cropped, FaceCrop, crop_dataset
from trainer.dataset.crop.picture import draw_boxes
from trainer.dataset.crop.pixels import cut
from trainer.dataset.dataset import Dataset
from trainer.dataset.sample import FaceMark
from trainer.dataset.sample_pixels import open_sample
from trainer.errors import Cancelled, DatasetError
from trainer.faces.choose import FaceChoice
from trainer.faces.face import Box, Face
from trainer.images.pixels import load_picture, load_rgb, pixel_sha256

from ..asked import Watcher
from ..portraits import HERO, STRANGER, Studio

SMALL = FaceCrop(resolution=128)


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path / "originals")


def crops(
    studio: Studio, rule: FaceCrop | BodyCrop = SMALL, held_out: int = 0, choice: FaceChoice | None = None
) -> Cropped:
    out = studio.folder.parent / "crops"
    return crop_dataset(studio.dataset(held_out), rule, studio.reader, out, choice=choice)


def test_a_crop_is_a_new_sample_of_the_same_family(studio: Studio) -> None:
    studio.shoot("a", (150, 80, 230, 180))
    original = studio.dataset().samples[0]
    made = crops(studio).dataset.samples[0]
    assert (made.width, made.height, made.origin, made.source) == (128, 128, "crop", original.sha256)
    assert (made.caption, made.split, made.repeats) == (original.caption, original.split, original.repeats)
    assert made.family == original.family
    assert pixel_sha256(open_sample(made)) == made.sha256
    assert made.path.name == f"{made.sha256}.png"


def test_the_face_is_carried_into_the_crop(studio: Studio) -> None:
    studio.shoot("a", (150, 80, 230, 180), yaw=33.0)
    made = crops(studio).dataset.samples[0]
    assert made.face is not None
    left, top, right, bottom = made.face.box
    assert (bottom - top) / 128 == pytest.approx(0.6, abs=0.01)
    assert (left + right) / 2 == pytest.approx(64, abs=1)
    assert top + 0.4 * (bottom - top) == pytest.approx(0.42 * 128, abs=1)
    assert (made.face.yaw, made.face.reader) == (33.0, "known reader")


def test_pixels_of_a_crop_that_is_not_scaled_are_the_original_s(studio: Studio) -> None:
    path = studio.shoot("a", (150, 60, 230, 136.8))
    done = crops(studio)
    box = done.cuts[0].crop.box
    assert box[2] - box[0] == 128
    assert np.array_equal(np.asarray(open_sample(done.dataset.samples[0])), np.asarray(load_rgb(path).crop(box)))


def test_a_second_run_reads_no_face_and_cuts_nothing(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    studio.shoot("a", (150, 80, 230, 180))
    studio.shoot("b")
    first = crops(studio)
    asked, stamps = studio.reader.asked, {s.path: s.path.stat().st_mtime_ns for s in first.dataset.samples}
    monkeypatch.setattr("trainer.dataset.crop.cutter.cut", None)
    second = crops(studio)
    assert (studio.reader.asked, second.dataset) == (asked, first.dataset)
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items())


def test_a_lost_or_half_known_crop_is_cut_again(studio: Studio) -> None:
    studio.shoot("a", (150, 80, 230, 180))
    made = crops(studio).dataset.samples[0]
    made.path.unlink()
    notes = made.path.parent / ".notes"
    next(iter(notes.iterdir())).write_text("{")
    assert crops(studio).dataset.samples[0].sha256 == made.sha256
    assert made.path.is_file()


def test_another_rule_makes_other_crops_beside_the_first(studio: Studio) -> None:
    studio.shoot("a", (150, 80, 230, 180))
    near, far = crops(studio).dataset.samples[0], crops(studio, FaceCrop(resolution=128, share=0.5)).dataset.samples[0]
    assert near.path != far.path
    assert near.path.is_file()


def test_a_picture_without_a_face_is_kept_out_by_name_or_kept_whole(studio: Studio) -> None:
    studio.shoot("a", (150, 80, 230, 180))
    studio.shoot("scenery")
    done = crops(studio)
    assert [left.name for left in done.left_out] == ["scenery.png"]
    assert done.dataset.left_out == done.left_out
    kept = crops(studio, replace(SMALL, no_face="keep whole"))
    assert [sample.origin for sample in kept.dataset.samples] == ["crop", "original"]
    assert kept.left_out == ()


def test_nothing_left_is_an_error_that_names_every_reason(studio: Studio) -> None:
    studio.shoot("scenery")
    with pytest.raises(DatasetError, match=r"scenery.png: No face"):
        crops(studio)


def test_a_picture_that_changed_or_broke_is_left_out_and_stops_nothing(studio: Studio) -> None:
    studio.shoot("a", (150, 80, 230, 180))
    changed, broken = studio.shoot("b"), studio.shoot("c")
    dataset = studio.dataset()
    Image.new("RGB", (50, 50)).save(changed)
    broken.write_bytes(b"")
    done = crop_dataset(dataset, SMALL, studio.reader, studio.folder.parent / "crops")
    assert [left.name for left in done.left_out] == ["b.png", "c.png"]
    assert len(done.dataset.samples) == 1


def test_without_a_reader_the_marks_of_the_dataset_are_used(studio: Studio, tmp_path: Path) -> None:
    studio.shoot("a")
    plain = studio.dataset()
    mark = FaceMark(box=(150, 80, 230, 180), reader="by hand", yaw=5.0)
    marked = plain.with_samples((replace(plain.samples[0], face=mark),))
    done = crop_dataset(marked, SMALL, None, tmp_path / "crops")
    assert done.dataset.samples[0].face is not None
    assert "framed by the box" in done.texts[0]


def test_one_face_without_eyes_makes_the_box_frame_them_all(studio: Studio) -> None:
    studio.shoot("a", (150, 80, 230, 180), eyes=0.3)
    studio.shoot("b", (150, 80, 230, 180), eyes=None)
    tops = {one.crop.box[1] for one in crops(studio).cuts}
    assert len(tops) == 1


def test_the_spread_of_framing_is_told(studio: Studio) -> None:
    for number, tall in enumerate((100, 90, 110)):
        studio.shoot(f"{number}", (150, 80, 230, 80 + tall), size=(600, 600))
    done = crops(studio)
    assert done.framing is not None
    assert done.framing.is_even
    assert done.framing.eyes == pytest.approx(0.42, abs=0.01)
    studio.shoot("large", (100, 20, 400, 480), size=(600, 500))
    assert "uneven" in crops(studio).texts[0]


@pytest.mark.parametrize("outside", ["edge", "colour", "transparent"])
def test_what_lies_outside_is_filled_as_asked_and_never_with_a_mirror_image(studio: Studio, outside: str) -> None:
    path = studio.shoot("a", (5, 5, 235, 295), size=(240, 300))
    rule = FaceCrop(resolution=512, outside=outside, colour="#102030")  # pyright: ignore[reportArgumentType]
    done = crops(studio, rule)
    made, crop = done.dataset.samples[0], done.cuts[0].crop
    assert crop.padded
    assert "filled" in " ".join(done.texts)
    seen = np.asarray(load_rgb(made.path))
    middle = seen[seen.shape[0] // 2, 2]
    if outside == "edge":
        row = round(crop.box[1] + (seen.shape[0] // 2 + 0.5) * (crop.box[3] - crop.box[1]) / seen.shape[0] - 0.5)
        assert np.abs(middle.astype(int) - np.asarray(load_rgb(path))[row, 0]).max() < 60
    else:
        assert tuple(middle) == ((16, 32, 48) if outside == "colour" else (255, 255, 255))
    assert made.masked == (load_picture(made.path).mask is not None) == (outside == "transparent")


def test_a_masked_sample_keeps_its_transparency_in_the_crop(studio: Studio) -> None:
    path = studio.shoot("a", (150, 80, 230, 180))
    layered = load_rgb(path).convert("RGBA")
    layered.putalpha(Image.linear_gradient("L").resize(layered.size))
    layered.save(path)
    dataset = studio.dataset()
    studio.reader.known[dataset.samples[0].sha256] = next(iter(studio.reader.known.values()))
    masked = dataset.with_samples((replace(dataset.samples[0], masked=True),))
    for given, has_mask in ((masked, True), (dataset, False)):
        made = crop_dataset(given, SMALL, studio.reader, studio.folder.parent / "crops").dataset.samples[0]
        assert (load_picture(made.path).mask is not None) == has_mask
        assert pixel_sha256(open_sample(made)) == made.sha256


def test_a_turned_crop_shows_the_head_upright(studio: Studio) -> None:
    page = Image.new("RGB", (400, 400), "white")
    page.paste((0, 0, 0), (195, 100, 205, 200))
    path = studio.shoot("a", (160, 160, 240, 240), size=(400, 400))
    page.rotate(-30, center=(200, 200), fillcolor="white").save(path)
    sample = studio.dataset().samples[0]
    crop = Crop(box=(100, 100, 300, 300), size=(200, 200), turn=30.0)
    upright, png, _ = cut(sample, crop, "shrink", "white", (160, 160, 240, 240))
    (studio.folder.parent / "turned.png").write_bytes(png)
    dark = np.argwhere(np.asarray(load_rgb(studio.folder.parent / "turned.png").convert("L")) < 100)
    assert upright.width == 200
    assert np.ptp(dark[:, 1]) < 14
    assert np.ptp(dark[:, 0]) > 90


def test_bodies_get_their_share_of_training_beside_close_ups_of_the_same_originals(studio: Studio) -> None:
    for number in range(4):
        studio.shoot(f"{number}", (180, 60, 230, 120), size=(400, 600))
    rule = BodyCrop(resolution=320, smallest=100, close_up=FaceCrop(resolution=128))
    done = crops(studio, rule, held_out=1)
    kinds = {one.made.sha256: one.kind for one in done.cuts}
    weight = {kind: sum(s.repeats for s in done.dataset.train if kinds[s.sha256] == kind) for kind in ("body", "face")}
    assert weight["body"] / sum(weight.values()) == pytest.approx(0.7, abs=0.03)
    assert all(one.crop.size[0] % 64 == 0 == one.crop.size[1] % 64 for one in done.cuts if one.kind == "body")
    assert {sample.family for sample in done.dataset.held_out}.isdisjoint(s.family for s in done.dataset.train)
    assert len(done.dataset.held_out) == 2


def test_a_picture_too_small_for_the_smallest_size_is_named_and_kept_out(studio: Studio) -> None:
    studio.shoot("a", (180, 60, 230, 120), size=(400, 600))
    studio.shoot("strip", (10, 10, 16, 18), size=(40, 300))
    done = crops(studio, BodyCrop(resolution=128, smallest=64, close_up=FaceCrop(resolution=128)))
    assert {one.source.path.name for one in done.cuts} == {"a.png"}
    why = {left.name: left.why for left in done.left_out}["strip.png"]
    assert why == "It is 40 × 300 pixels; enlarged 1.5 times it does not fill 64 × 64. Use a larger original."


def test_a_close_up_too_small_is_not_made_and_says_so(studio: Studio) -> None:
    studio.shoot("a", (180, 60, 210, 95), size=(400, 600))
    done = crops(studio, BodyCrop(resolution=320))
    assert [one.kind for one in done.cuts] == ["body"]
    assert done.left_out[0].name == "close-up of a.png"
    assert "no close-ups" in done.texts[0]


def test_cancelling_keeps_what_was_done(studio: Studio) -> None:
    for name in "abc":
        studio.shoot(name, (150, 80, 230, 180))
    dataset: Dataset = studio.dataset()
    steps: list[str] = []
    with pytest.raises(Cancelled, match="4 of 6"):
        crop_dataset(
            dataset,
            SMALL,
            studio.reader,
            studio.folder.parent / "crops",
            progress=lambda done, total, name: steps.append(f"{done}/{total} {name}"),
            cancelled=lambda: len(steps) == 4,
        )
    assert steps[-1] == "4/6 a.png"
    asked = studio.reader.asked
    crops(studio)
    assert studio.reader.asked == asked


def test_boxes_are_drawn_on_every_original(studio: Studio) -> None:
    for number in range(7):
        studio.shoot(f"{number}", (150, 80, 230, 180))
    studio.shoot("scenery")
    few, many = (draw_boxes(crops(studio), most=most) for most in (3, 60))
    assert few.width < many.width
    assert few.height < many.height
    assert len(many.getcolors(1 << 24) or []) > 1000


def test_drawing_the_boxes_tells_of_every_original_and_stops_when_asked(studio: Studio) -> None:
    for name in "abc":
        studio.shoot(name, (150, 80, 230, 180))
    done, watcher = crops(studio), Watcher(stop_after=2)
    with pytest.raises(Cancelled, match=r"^Drawing stopped after 2 of 3 pictures\.$"):
        draw_boxes(done, progress=watcher.progress, cancelled=watcher.cancelled)
    assert watcher.told == [(1, 3, "a.png"), (2, 3, "b.png")]


def beside(studio: Studio, name: str, box: Box, who: np.ndarray) -> None:
    """Somebody else on a picture, found first where larger."""
    path = studio.shoot(name, box, who=who)
    faces = studio.reader.known[pixel_sha256(load_rgb(path))]
    studio.shoot(name, (280, 100, 340, 175))
    studio.reader.known[pixel_sha256(load_rgb(path))] = [*faces, *studio.reader.known[pixel_sha256(load_rgb(path))]]


def test_of_several_people_the_character_is_cropped_and_the_pictures_are_named(studio: Studio) -> None:
    studio.shoot("a", (150, 80, 230, 180))
    studio.shoot("b", (140, 80, 220, 180))
    beside(studio, "c", (20, 40, 160, 220), STRANGER)
    done = crops(studio)
    (cut,) = [cut for cut in done.cuts if cut.source.path.name == "c.png"]
    assert cut.face is not None and cut.face.box == (280, 100, 340, 175)
    assert "1 picture shows several faces, of which the one most like the character's was taken: c.png." in done.texts
    largest = crops(studio, choice=FaceChoice())
    (cut,) = [cut for cut in largest.cuts if cut.source.path.name == "c.png"]
    assert cut.face is not None and cut.face.box == (20, 40, 160, 220)


def test_a_face_lying_on_its_side_is_said(studio: Studio) -> None:
    path = studio.shoot("a", (150, 80, 230, 180))
    sha256 = pixel_sha256(load_rgb(path))
    studio.reader.known[sha256] = [replace(studio.reader.known[sha256][0], roll=88.0)]
    (said,) = [text for text in crops(studio).texts if "on its side" in text]
    assert said.endswith("a.png.")


def lay_down(studio: Studio, name: str, box: Box, turn: int = 90) -> None:
    """The reader sees HERO at `box` of the picture once that is turned by so much, with a border around and without."""
    page = load_rgb(studio.folder / f"{name}.png").rotate(turn, expand=True)
    border = round(0.4 * max(page.size))
    wide = Image.new("RGB", (page.width + 2 * border, page.height + 2 * border), (127, 127, 127))
    wide.paste(page, (border, border))
    for image, by in ((page, 0), (wide, border)):
        place = box[0] + by, box[1] + by, box[2] + by, box[3] + by
        points = ((place[0] + 20, place[1] + 40), (place[2] - 20, place[1] + 40))
        face = Face(box=place, points=points, yaw=0.0, embedding=HERO, score=0.9, roll=0.0)
        studio.reader.known[pixel_sha256(image)] = [face]


@pytest.mark.parametrize("straighten", [False, True])
def test_a_face_that_lies_is_found_said_and_straightened_if_asked(studio: Studio, straighten: bool) -> None:
    studio.shoot("a", size=(400, 300))
    # Turned by 90 degrees the picture is 300 × 400 pixels.
    lay_down(studio, "a", (110, 150, 190, 250))
    done = crops(studio, FaceCrop(resolution=128, straighten=straighten))
    (cut_out,) = done.cuts
    assert cut_out.face is not None
    assert cut_out.face.box == pytest.approx((150, 110, 250, 190))
    assert (cut_out.face.roll, cut_out.crop.turn) == (90.0, 90.0 if straighten else 0)
    said = " ".join(done.texts)
    assert "1 of 1 face crops show a face lying on its side that was found with the picture turned: a.png" in said
    assert ("keep the face lying on its side" in said) != straighten
    if straighten:
        mark = done.dataset.samples[0].face
        assert mark is not None
        assert (mark.box[3] - mark.box[1]) / 128 == pytest.approx(0.6, abs=0.01)
        assert (mark.box[2] - mark.box[0]) / 128 == pytest.approx(0.48, abs=0.01)


def test_where_only_a_stranger_stands_upright_the_character_is_sought_lying(studio: Studio) -> None:
    studio.shoot("a", (150, 80, 230, 180))
    studio.shoot("both", (20, 20, 80, 100), who=STRANGER)
    studio.shoot("stranger", (20, 20, 80, 100), who=STRANGER)
    lay_down(studio, "both", (110, 150, 190, 250))
    done = crops(studio, choice=FaceChoice(policy="character", character=HERO))
    boxes = {one.source.path.stem: one.face.box for one in done.cuts if one.face is not None}
    assert boxes["a"] == (150, 80, 230, 180)
    assert boxes["both"] == pytest.approx((150, 110, 250, 190))
    assert boxes["stranger"] == (20, 20, 80, 100)
    asked = studio.reader.asked
    crops(studio, choice=FaceChoice(policy="character", character=HERO))
    assert studio.reader.asked == asked
