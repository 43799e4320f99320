"""Reading reference pictures: whose face, who is left out, and what is said of it."""

import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
import torch
from PIL import Image

from tests.fakes import FakeReader, picture
from trainer.errors import Cancelled, FaceError
from trainer.faces.face import Face
from trainer.identity.pictures import LONGEST
from trainer.identity.pictures_seen import NamedPicture, Reading
from trainer.identity.read import MOST_PICTURES, ReadFaces, identity_of_pictures, read_faces
from trainer.runtime.work import follow

SAGE = np.array([0.9, -0.3, 0.3])
OTHER = np.array([-0.5, 0.8, 0.1])


def named(images: Sequence[Image.Image]) -> list[NamedPicture]:
    return [NamedPicture(name=f"Picture {n}", open=lambda image=image: image) for n, image in enumerate(images, 1)]


def read(images: Sequence[Image.Image], reader: object | None = None, **how: object) -> ReadFaces:
    return follow(read_faces(named(images), reader or FakeReader(), Reading(**how)))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Told(FakeReader):
    """Sees the same told faces in every picture, or by the picture's width."""

    told: tuple[Face, ...] = ()
    by_width: dict[int, tuple[Face, ...]] = field(default_factory=dict)

    def faces(self, image: Image.Image) -> list[Face]:
        return list(self.by_width.get(image.width, self.told))


def face(left: float, side: float, embedding: np.ndarray = SAGE, **more: object) -> Face:
    points = ((left + 5, 15.0), (left + 15, 15.0), (left + 10, 20.0), (left + 6, 25.0), (left + 14, 25.0))
    unit = embedding / np.linalg.norm(embedding)
    told = {"yaw": 0.0, "score": 0.9, **more}
    return Face(box=(left, 10, left + side, 10 + side), points=points, embedding=unit, **told)  # type: ignore[arg-type]


def page(width: int = 100) -> Image.Image:
    return Image.new("RGB", (width, 60))


def test_a_stranger_among_the_pictures_is_left_out_and_told() -> None:
    done = read([picture(SAGE), picture(SAGE, "red"), picture(SAGE, "blue"), picture(OTHER), picture(SAGE, "green")])
    assert done.identity.faces is not None and len(done.identity.faces) == len(done.crops) == 4
    assert any(line.startswith("Picture 4: left out: likeness") for line in done.warnings)
    assert len(done.identity.pictures) == MOST_PICTURES


@pytest.mark.parametrize(
    ("how", "left"),
    [
        ({"select": "largest"}, 60),
        ({"select": "most central"}, 32),
        ({"select": "index", "index": 0}, 2),
        ({"select": "index", "index": 2}, 60),
    ],
)
def test_of_several_faces_the_one_that_was_asked_for_is_taken(how: dict[str, object], left: int) -> None:
    reader = Told(told=(face(60, 35), face(32, 30), face(2, 20)))
    done = read([page()], reader, **how)
    assert f"at {left}, 10" in done.report and "3 faces" in done.report


def test_the_character_is_whom_the_first_pictures_show() -> None:
    """A smaller face, in the pictures beyond them."""
    crowd = (face(50, 40, OTHER), face(5, 20, SAGE))
    reader = Told(told=crowd, by_width={100: (face(20, 30, SAGE),)})
    done = read([page(), page(), page(200)], reader, select="character", known=2)
    assert "Picture 3: 2 faces, took the character: 20 × 20 px at 5, 10" in done.report


def test_a_picture_without_a_face_is_named() -> None:
    with pytest.raises(FaceError, match=r"^Picture 2 shows no face that fake reader finds.*let Read face skip it"):
        read([picture(SAGE), picture(None)])


def test_an_index_that_there_is_none_of_is_named_with_the_count() -> None:
    with pytest.raises(FaceError, match="Picture 1 shows 1 face, and none has the index 3"):
        read([page()], Told(told=(face(2, 20),)), select="index", index=3)
    with pytest.raises(FaceError, match="The picture has fewer faces than that index asks for"):
        read([page()], Told(told=(face(2, 20),)), select="index", index=3, on_no_face="skip")


def test_it_may_be_skipped_or_passed_through_whole() -> None:
    pictures = [picture(SAGE), picture(None)]
    skipped, passed = read(pictures, on_no_face="skip"), read(pictures, on_no_face="pass through")
    assert (len(skipped.crops), len(passed.crops)) == (1, 2)
    assert "Picture 2: left out, no such face." in skipped.report
    assert "Picture 2: no face; passed through whole." in passed.report
    assert passed.identity.pictures[1].box is None


def test_nobody_at_all_is_an_error_whatever_is_skipped() -> None:
    with pytest.raises(FaceError, match="None of the 2 pictures shows a face"):
        read([picture(None), picture(None, "red")], on_no_face="skip")
    with pytest.raises(FaceError, match="There are no pictures"):
        read([])


def test_passed_through_alone_an_identity_has_pictures_and_no_face() -> None:
    done = read([picture(None)], on_no_face="pass through")
    assert done.identity.faces is None and done.identity.face_model == "" and len(done.identity.pictures) == 1


def test_a_profile_is_warned_of_and_used() -> None:
    done = read([page()], Told(told=(face(2, 20, yaw=-72.0),)))
    assert "turned 72° away" in done.warnings[0] and len(done.crops) == 1


def test_embeddings_are_as_long_as_the_network_gives_them() -> None:
    done = read([page()], Told(told=(face(2, 20, length=22.5),)))
    assert done.identity.faces is not None
    assert float(done.identity.faces.norm()) == pytest.approx(22.5, abs=1e-4)


def test_crops_lay_the_eyes_level_wherever_the_face_leans() -> None:
    image = Image.new("RGB", (200, 200))
    eyes = ((90, 60), (130, 100))  # leaning by 45 degrees
    for x, y in eyes:
        image.paste((255, 255, 255), (x - 3, y - 3, x + 4, y + 4))
    points = (eyes[0], eyes[1], (93.0, 97.0), (66.0, 86.0), (104.0, 124.0))
    told = replace(face(60, 80), points=tuple((float(x), float(y)) for x, y in points))
    crop = np.asarray(read([image], Told(told=(told,)), crop_side=112).crops[0].convert("L"), float)
    lit = np.argwhere(crop > 128)
    left, right = lit[lit[:, 1] < 56], lit[lit[:, 1] >= 56]
    assert len(left) and len(right)
    assert abs(left[:, 0].mean() - right[:, 0].mean()) < 2


def test_large_pictures_are_kept_small_with_their_points_moved() -> None:
    image = Image.new("RGB", (2048, 1024))
    kept = read([image], Told(told=(face(800, 400),))).identity.pictures[0]
    assert kept.image.size == (1024, 512) and kept.box == (400, 5, 600, 205) and kept.points[0] == (402.5, 7.5)


def test_the_same_pictures_in_another_order_are_the_same_source() -> None:
    one, other = picture(SAGE), picture(SAGE, "red")
    assert read([one, other]).identity.source == read([other, one]).identity.source
    assert read([one]).identity.source != read([other]).identity.source


def test_it_stops_when_asked() -> None:
    with pytest.raises(Cancelled):
        follow(read_faces(named([picture(SAGE)]), FakeReader(), cancelled=lambda: True))


def test_the_mean_of_faces_is_as_long_as_they_are() -> None:
    from trainer.identity.identity import mean_face

    faces = torch.tensor([[3.0, 0.0], [0.0, 5.0]])
    mean = mean_face(faces)
    assert (
        mean.shape == (1, 2) and float(mean.norm()) == pytest.approx(4) and float(mean[0, 0]) == pytest.approx(8**0.5)
    )
    assert torch.equal(mean_face(faces[:1]), faces[:1])


def test_pictures_that_nobody_reads_are_in_memory_one_at_a_time() -> None:
    opened: list[weakref.ref[Image.Image]] = []
    alive: list[int] = []

    def opening() -> Image.Image:
        alive.append(sum(each() is not None for each in opened))
        image = Image.new("RGB", (LONGEST + 1, 8), (len(opened), 0, 0))
        opened.append(weakref.ref(image))
        return image

    identity = identity_of_pictures([NamedPicture(name=f"{n}", open=opening) for n in range(MOST_PICTURES + 4)])
    assert len(identity.pictures) == MOST_PICTURES and max(alive) <= 1
