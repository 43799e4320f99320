"""AuraFace behind YuNet on random networks in their real layouts, by the real packages; and how faces are aligned."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainer.errors import FaceError
from trainer.faces.readers.align import aligned, similarity
from trainer.faces.readers.auraface import AuraFaceReader, missing
from trainer.faces.readers.opencv import OpenCVReader
from trainer.faces.registry import FaceFolders, open_reader
from trainer.faces.retry import SizedReader

from ..networks import write_embedder, write_yunet
from ..packs import waves, write_pack

PLACES = ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041))
SPOT = (60, 40, 110, 90)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> FaceFolders:
    pytest.importorskip("cv2", reason="OpenCV is not installed")
    home = tmp_path_factory.mktemp("models")
    write_yunet(home / "face_detection_yunet_2026may.onnx")
    write_embedder(home / "face_recognition_sface_2021dec.onnx", 112, 128, named="data")
    write_embedder(home / "insightface" / "models" / "AuraFace-v1" / "glintr100.onnx", 112, 512)
    return FaceFolders(insightface=(home / "insightface",), opencv=(home,))


@pytest.fixture(scope="module")
def bright() -> Image.Image:
    """The random YuNet finds faces where it is bright."""
    page = Image.new("RGB", (200, 150))
    page.paste(waves(50, 50).point(lambda value: 200 + value // 5), SPOT)
    return page


def test_the_points_are_laid_on_their_places_whatever_turn_scale_and_shift() -> None:
    angle, scale = 0.4, 3.7
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = (np.array(PLACES) - [7, 9]) @ np.linalg.inv(turn).T
    found, shift = similarity(points, np.array(PLACES))
    assert found == pytest.approx(turn) and shift == pytest.approx([7, 9])
    mirrored = similarity(points * [-1, 1], np.array(PLACES))[0]
    assert np.linalg.det(mirrored) > 0, "a face is never mirrored to fit"


def test_the_aligned_square_is_opencv_s_to_a_grey_level() -> None:
    cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed")
    picture = waves(240, 260)
    points = tuple((1.3 * x + 0.2 * y + 11, 1.3 * y - 0.2 * x + 31) for x, y in PLACES)
    turn, shift = similarity(np.array(points), np.array(PLACES))
    wanted = cv2.warpAffine(np.asarray(picture), np.hstack([turn, shift[:, None]]), (112, 112))
    inside = np.abs(np.asarray(aligned(picture, points), float) - wanted.astype(float))[2:-2, 2:-2]
    assert inside.mean() < 0.6 and inside.max() <= 4


def test_yunet_finds_and_auraface_embeds_each_face(folders: FaceFolders, bright: Image.Image) -> None:
    reader = AuraFaceReader(folders)
    faces = reader.faces(bright)
    assert reader.name == "auraface + yunet" and isinstance(reader, SizedReader) and faces
    assert all(SPOT[0] - 20 < face.box[0] < SPOT[2] and face.embedding.shape == (512,) for face in faces)
    crop = (np.asarray(aligned(bright, faces[0].points), np.float32).transpose(2, 0, 1)[None] - 127.5) / 127.5
    row = reader._network(crop)[0]
    assert faces[0].embedding == pytest.approx(row / np.linalg.norm(row), abs=1e-5)
    boxes = [face.box for face in OpenCVReader(folders.opencv).faces(bright)]
    assert [face.box for face in faces] == boxes, "both look with the same detector"


def test_dark_and_odd_pictures_show_no_face(folders: FaceFolders) -> None:
    reader = AuraFaceReader(folders)
    for picture in (Image.new("RGB", (1, 1)), Image.new("L", (9000, 3)), Image.new("RGBA", (64, 64))):
        assert reader.faces(picture) == []


def test_it_comes_first_and_antelopev2_s_file_of_that_name_is_not_it(folders: FaceFolders, tmp_path: Path) -> None:
    assert open_reader("auto", folders).name == "auraface + yunet"
    write_pack(tmp_path / "antelopev2", "antelopev2")
    others = FaceFolders(insightface=(tmp_path,), opencv=folders.opencv)
    assert "glintr100.onnx of AuraFace v1 is missing" in (missing(others) or "")
    assert open_reader("auto", others).name == "insightface antelopev2"
    assert missing(folders) is None
    with pytest.raises(FaceError, match="antelopev2"):
        open_reader("antelopev2", folders)


@pytest.mark.usefixtures("no_dlib")
def test_without_anyone_to_find_faces_both_ways_to_one_are_said(folders: FaceFolders) -> None:
    lack = missing(FaceFolders(insightface=folders.insightface, opencv=(Path("nowhere"),))) or ""
    assert "face_detection_yunet" in lack and "dlib-bin" in lack


def test_another_network_under_its_name_is_refused(folders: FaceFolders, bright: Image.Image, tmp_path: Path) -> None:
    for side, content in ((160, None), (0, b"nothing")):
        path = tmp_path / f"{side}" / "auraface" / "glintr100.onnx"
        if content is None:
            write_embedder(path, side, 512)
        else:
            path.parent.mkdir(parents=True)
            path.write_bytes(content)
        reader = AuraFaceReader(FaceFolders(insightface=(path.parents[1],), opencv=folders.opencv))
        with pytest.raises(FaceError, match="is not AuraFace: it takes|cannot be loaded"):
            reader.faces(bright)


def test_sface_behind_yunet_runs_in_the_real_package(folders: FaceFolders, bright: Image.Image) -> None:
    face = OpenCVReader(folders.opencv).faces(bright)[0]
    assert face.embedding.shape == (128,) and np.linalg.norm(face.embedding) == pytest.approx(1.0, abs=1e-5)
    assert len(face.points) == 5 and face.yaw is not None


@pytest.mark.parametrize(
    ("stem", "side", "wide", "sentence"),
    [
        ("face_detection_yunet_2026may", 112, 128, "cannot read a picture with face_detection_yunet_2026may.onnx"),
        ("face_recognition_sface_2021dec", 160, 128, "cannot read a picture with face_recognition_sface_2021dec.onnx"),
        ("face_recognition_sface_2021dec", 112, 512, "is not SFace: it tells 512 numbers of a face and not 128"),
    ],
)
def test_another_network_under_a_name_of_opencv_s_is_refused(
    folders: FaceFolders, bright: Image.Image, tmp_path: Path, stem: str, side: int, wide: int, sentence: str
) -> None:
    for path in folders.opencv[0].glob("*.onnx"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    write_embedder(tmp_path / f"{stem}.onnx", side, wide, named="data")
    with pytest.raises(FaceError, match=sentence):
        OpenCVReader([tmp_path]).faces(bright)
