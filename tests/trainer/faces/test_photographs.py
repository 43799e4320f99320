"""Real faces by a reader that comes by pip: the same person above its threshold, others below, with a margin."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from trainer.faces.face import Face
from trainer.faces.frequent import choice_over
from trainer.faces.identity import CharacterIdentity
from trainer.faces.metric import alike
from trainer.faces.readers.dlib import DlibReader
from trainer.faces.registry import FaceFolders, open_reader
from trainer.faces.retry import detect_with_retries
from trainer.images.pixels import load_rgb

from .networks import write_embedder
from .packs import waves
from .photographs import CHANGES, astronaut, group

HEAD = (140, 10, 340, 230)
"""Of the astronaut."""


def said(words: str) -> None:
    """Shown with -rP."""
    sys.stdout.write(f"{words}\n")


def around(picture: Image.Image, face: Face) -> Image.Image:
    """The head with some air."""
    (left, top, right, bottom), wide = face.box, face.width
    page = (left - 0.7 * wide, top - 0.55 * wide, right + 0.7 * wide, bottom + 0.55 * wide)
    return picture.crop(tuple(round(side) for side in page))


@pytest.fixture(scope="module")
def portrait() -> Image.Image:
    return astronaut().crop(HEAD)


@pytest.fixture(scope="module")
def known(dlib_reader: DlibReader, portrait: Image.Image) -> Face:
    return dlib_reader.faces(portrait)[0]


@pytest.fixture(scope="module")
def people(dlib_reader: DlibReader) -> list[Face]:
    return sorted(dlib_reader.faces(group()), key=lambda face: face.box[0])


def test_seven_persons_are_seven(dlib_reader: DlibReader, known: Face, people: list[Face]) -> None:
    """Measured: the likest two are at 0.35, all are on average at 0.22; the threshold is 0.40."""
    assert len(people) == 6
    rows = np.stack([known.embedding, *(face.embedding for face in people)])
    between = dlib_reader.metric.between(rows, rows)[np.triu_indices(7, 1)]
    said(f"between persons: {between.max():.3f} at most, {between.mean():.3f} on average")
    assert between.max() < dlib_reader.same_person - 0.02
    assert between.mean() == pytest.approx(dlib_reader.metric.strangers, abs=0.04)


@pytest.mark.parametrize("change", ["turned 15", "relit", "jpeg 30", "half"])
def test_changed_copies_are_the_same_person_by_a_margin(
    dlib_reader: DlibReader, portrait: Image.Image, known: Face, change: str
) -> None:
    (face,) = dlib_reader.faces(CHANGES[change](portrait))
    likeness = alike(dlib_reader.metric, face.embedding, known.embedding)
    said(f"{change}: {likeness:.3f}")
    assert likeness > dlib_reader.same_person + 0.2


def test_boxes_and_points_lie_on_the_face_of_the_picture_itself(known: Face, portrait: Image.Image) -> None:
    (left, eye), (right, low), nose, mouth, corner = known.points
    assert known.box[0] < left < nose[0] < right < known.box[2]
    assert known.box[1] < min(eye, low) < nose[1] < min(mouth[1], corner[1]) < known.box[3] < portrait.height
    assert (left, eye) == pytest.approx((64, 92), abs=4) and nose == pytest.approx((86, 118), abs=4)


def test_she_looks_ahead_and_smiles_with_open_eyes(known: Face) -> None:
    assert abs(known.yaw or 99) < 8 and abs(known.pitch or 99) < 12 and abs(known.roll or 99) < 6
    assert (known.mouth_open or 0) > 0.1 and known.eyes_closed == 0.0


def test_a_mirrored_head_is_turned_the_other_way(dlib_reader: DlibReader, people: list[Face]) -> None:
    """The second from the left looks to the picture's left."""
    (mirrored,) = dlib_reader.faces(ImageOps.mirror(around(group(), people[1])))
    was, now = people[1].yaw or 0.0, mirrored.yaw or 0.0
    assert was < -25 and now == pytest.approx(-was, abs=8)


@pytest.mark.parametrize("size", [(1, 1), (3, 4000), (10000, 3), (40, 40)])
@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK"])
def test_pictures_without_a_face_of_any_size_and_mode_show_none(
    dlib_reader: DlibReader, size: tuple[int, int], mode: str
) -> None:
    assert dlib_reader.faces(Image.new("RGB", size, (120, 90, 60)).convert(mode)) == []


def test_the_retry_ladder_ends_with_nothing_where_nothing_is(dlib_reader: DlibReader) -> None:
    assert detect_with_retries(dlib_reader, waves(24, 16)).attempt == "not found"


def test_auto_takes_dlib_last_and_its_licence_says_who_may_not_use_the_68_points(
    dlib_reader: DlibReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.faces.readers.dlib.DlibReader", lambda: dlib_reader)
    assert open_reader("auto", FaceFolders(insightface=(tmp_path,), opencv=(tmp_path,))).name == "dlib"
    assert "iBUG 300-W" in dlib_reader.licence and "commercial" in dlib_reader.licence


def test_auraface_reads_what_dlib_finds_where_yunet_is_missing(
    dlib_reader: DlibReader, portrait: Image.Image, known: Face, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a random network in the real layout: the embedding is its own, everything else is dlib's."""
    monkeypatch.setattr("trainer.faces.readers.auraface.DlibFinder", lambda: dlib_reader)
    write_embedder(tmp_path / "auraface" / "glintr100.onnx", 112, 512)
    reader = open_reader("auraface", FaceFolders(insightface=(tmp_path,)))
    (face,) = reader.faces(portrait)
    assert reader.name == "auraface + dlib" and "iBUG" in reader.licence
    assert face.embedding.shape == (512,) and np.linalg.norm(face.embedding) == pytest.approx(1.0, abs=1e-5)
    assert (face.points, face.yaw, face.mouth_open) == (known.points, known.yaw, known.mouth_open)


def test_the_one_who_is_alone_in_most_pictures_is_chosen_in_a_crowd(
    dlib_reader: DlibReader, portrait: Image.Image, known: Face, people: list[Face]
) -> None:
    """By cosines of these descriptors, all above 0.84, everybody would be one person."""
    stranger = [face for face in people if face.width > 0][:2]
    pictures = [[known], [*stranger, known], [stranger[0]], [known, stranger[1]]]
    how = choice_over(pictures, dlib_reader.same_person, dlib_reader.metric)
    assert how.character is not None
    assert alike(dlib_reader.metric, how.character, known.embedding) > 0.99


@pytest.mark.slow
def test_every_change_of_every_person_is_within_and_every_other_person_beyond_the_threshold(
    dlib_reader: DlibReader, portrait: Image.Image
) -> None:
    """Whole ladder, with the attempts at faces that are not found at first sight. Prints margins and what was lost."""
    whole = group()
    found = sorted(dlib_reader.faces(whole), key=lambda face: face.box[0])
    pictures = {"astronaut": portrait} | {f"person {n}": around(whole, face) for n, face in enumerate(found, 1)}
    rows: dict[tuple[str, str], np.ndarray] = {}
    lost: list[tuple[str, str]] = []
    for who, picture in pictures.items():
        for change, made in {"as it is": lambda image: image, **CHANGES}.items():
            faces = detect_with_retries(dlib_reader, made(picture)).faces
            if faces:
                rows[who, change] = max(faces, key=lambda face: face.score).embedding
            else:
                lost.append((who, change))
    metric, least = dlib_reader.metric, dlib_reader.same_person
    within = {key: alike(metric, row, rows[key[0], "as it is"]) for key, row in rows.items() if key[1] != "as it is"}
    between = {
        (*key, other): alike(metric, row, rows[other, "as it is"])
        for key, row in rows.items()
        for other in pictures
        if other != key[0]
    }
    low, high = min(within, key=within.__getitem__), max(between, key=between.__getitem__)
    said(f"least within {within[low]:.3f} {low}, most between {between[high]:.3f} {high}, not found: {lost}")
    own = CharacterIdentity.of([row for (who, _), row in rows.items() if who == "astronaut"], metric)
    assert own is not None and (own.self_likeness() or 0) > 0.75
    assert len(lost) <= 2
    assert min(within.values()) > least
    assert float(np.mean([value < least for value in between.values()])) > 0.99
    assert math.isclose(float(np.mean(list(between.values()))), metric.strangers, abs_tol=0.04)


@pytest.mark.slow
def test_ten_of_her_in_one_picture_are_ten_and_all_are_her(dlib_reader: DlibReader, portrait: Image.Image) -> None:
    page = Image.new("RGB", (5 * portrait.width, 2 * portrait.height))
    for number in range(10):
        page.paste(portrait, (number % 5 * portrait.width, number // 5 * portrait.height))
    faces = dlib_reader.faces(page)
    rows = np.stack([face.embedding for face in faces])
    assert len(faces) == 10 and dlib_reader.metric.between(rows, rows).min() > 0.8


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["16 bit", "transparent"])
def test_files_of_other_depths_show_the_same_person(
    dlib_reader: DlibReader, portrait: Image.Image, known: Face, tmp_path: Path, kind: str
) -> None:
    made = portrait.convert("RGBA")
    if kind == "16 bit":
        made = Image.fromarray(np.asarray(portrait.convert("L")).astype(np.uint16) * 257)
    made.save(tmp_path / "file.png")
    (face,) = dlib_reader.faces(load_rgb(tmp_path / "file.png"))
    assert alike(dlib_reader.metric, face.embedding, known.embedding) > 0.7
