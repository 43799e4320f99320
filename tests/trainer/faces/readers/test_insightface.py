"""InsightFace's packs, read by the insightface package. The pinned numbers are what version 2.1 reads of them."""

import builtins
import os
import shutil
import socket
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from insightface.app import FaceAnalysis
from PIL import Image

from trainer.errors import FaceError
from trainer.faces.face import Face
from trainer.faces.readers import insightface as reader_module
from trainer.faces.readers.insightface import InsightFaceReader, missing
from trainer.faces.registry import FaceFolders, open_reader

from ..packs import waves, write_pack

SCORE = 0.627090
BOX = (104.302, 468.983, 136.901, 512.0)
POINTS = ((102.072, 521.697), (106.873, 484.475), (100.116, 526.795), (118.208, 544.053), (102.161, 497.922))
EMBEDDING = (-0.0224, -0.0454, 0.0014, 0.0099)
POSE = (19.93, 144.83, -94.62)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("insightface")
    write_pack(root / "buffalo_l", pose=True)
    return root


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Without the pose model, which takes its time for each of the many faces that random weights see."""
    root = tmp_path_factory.mktemp("plain")
    write_pack(root / "buffalo_l")
    return root


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked of the network; every try fails."""
    tried: list[str] = []

    def refuse(*args: Any, **_: Any) -> Any:
        tried.append(repr(args))
        raise OSError("no network in this test")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return tried


def read(folder: Path, side: int) -> list[Face]:
    faces = InsightFaceReader("buffalo_l", [folder], "cpu").faces_at(waves(side, side), side=side, threshold=0.5)
    return sorted(faces, key=lambda face: -face.score)


@pytest.fixture(scope="module")
def large(folder: Path) -> list[Face]:
    """The faces of a picture of 640 px, of which there are many."""
    return read(folder, 640)


def test_as_many_faces_are_found_as_insightface_finds(folder: Path, large: list[Face]) -> None:
    assert [len(large), len(read(folder, 128))] == [146, 6]


def test_a_face_is_where_and_what_insightface_says_it_is(large: list[Face]) -> None:
    face = large[0]
    assert face.score == pytest.approx(SCORE, abs=1e-4)
    assert face.box == pytest.approx(BOX, abs=1e-2)
    assert np.abs(np.array(face.points) - POINTS).max() < 1e-2
    assert face.embedding[:4] == pytest.approx(EMBEDDING, abs=2e-3)
    assert np.linalg.norm(face.embedding) == pytest.approx(1)
    assert (face.yaw, face.pitch, face.roll) == pytest.approx(POSE, abs=0.5)
    assert face.mouth_open is not None and face.eyes_closed is not None


def test_packs_are_read_by_the_package_itself(plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    whole = FaceAnalysis.get

    def get(self: FaceAnalysis, img: np.ndarray, *args: Any, **kwargs: Any) -> Any:
        asked.append(img.shape[:2])
        return whole(self, img, *args, **kwargs)

    monkeypatch.setattr(FaceAnalysis, "get", get)
    reader = open_reader("auto", FaceFolders(insightface=(plain,)), "cpu")
    assert reader.faces(waves(96, 64)) and asked == [(64, 96)]


@pytest.mark.filterwarnings("ignore:`estimate` is deprecated:FutureWarning")
def test_faces_are_those_of_the_package_at_both_sizes_largest_first(plain: Path) -> None:
    image = waves(200, 150)
    app = FaceAnalysis(name=str(plain / "buffalo_l"), providers=["CPUExecutionProvider"])
    app.prepare(ctx_id=-1)
    theirs = {tuple(face.bbox.tolist()): face.embedding for face in app.get(bgr(image))}
    ours = InsightFaceReader("buffalo_l", [plain], "cpu").faces(image)
    areas = [face.width * face.height for face in ours]
    assert areas == sorted(areas, reverse=True)
    assert {face.box for face in ours} == set(theirs)
    lengths = {face.box: np.linalg.norm(theirs[face.box]) for face in ours}
    assert all(face.embedding @ theirs[face.box] > 0.9999 * lengths[face.box] for face in ours)
    assert all(face.length == pytest.approx(lengths[face.box]) for face in ours)


def bgr(image: Image.Image) -> np.ndarray:
    return np.ascontiguousarray(np.asarray(image)[:, :, ::-1])


def test_a_large_picture_gives_boxes_in_its_own_pixels(plain: Path) -> None:
    large = waves(640, 1280)
    small = Image.fromarray(cv2.resize(np.asarray(large), (160, 320)))
    reader = InsightFaceReader("buffalo_l", [plain], "cpu")
    near, far = (reader.faces_at(page, side=320, threshold=0.5) for page in (small, large))
    assert len(near) == len(far) > 0
    assert np.allclose([face.box for face in far], 4 * np.array([face.box for face in near]))


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (1000, 4), (4, 1000), (333, 127)])
def test_pictures_of_odd_sizes_are_read_without_a_fault(plain: Path, size: tuple[int, int]) -> None:
    found = InsightFaceReader("buffalo_l", [plain], "cpu").faces_at(waves(*size), side=128, threshold=0.5)
    assert all(np.isfinite(face.box).all() for face in found)


def test_gray_and_transparent_pictures_are_read_as_colour(plain: Path) -> None:
    reader = InsightFaceReader("buffalo_l", [plain], "cpu")

    def count(page: Image.Image) -> int:
        return len(reader.faces_at(page, side=128, threshold=0.5))

    page = waves(96, 96)
    assert count(page.convert("RGBA")) == count(page) > 0
    assert count(page.convert("L")) == count(page.convert("L").convert("RGB"))


def test_without_the_pose_model_angles_come_from_five_points(plain: Path, tmp_path: Path) -> None:
    shutil.copytree(plain / "buffalo_l", tmp_path / "buffalo_l")
    face = read(tmp_path, 640)[0]
    assert face.yaw is not None
    assert face.yaw != pytest.approx(POSE[0], abs=0.5)
    assert face.mouth_open is None and face.eyes_closed is None


def test_a_pack_is_found_one_level_deeper_and_below_models(plain: Path, tmp_path: Path) -> None:
    write_pack(tmp_path / "one" / "antelopev2" / "antelopev2", "antelopev2")
    shutil.copytree(plain / "buffalo_l", tmp_path / "two" / "models" / "buffalo_l")
    assert InsightFaceReader("antelopev2", [tmp_path / "one"]).name == "insightface antelopev2"
    assert InsightFaceReader("buffalo_l", [tmp_path / "one", tmp_path / "two"]).name == "insightface buffalo_l"


def test_a_missing_file_is_named_with_what_it_is_and_where_it_belongs(plain: Path, tmp_path: Path) -> None:
    shutil.copytree(plain / "buffalo_l", tmp_path / "buffalo_l")
    (tmp_path / "buffalo_l" / "w600k_r50.onnx").unlink()
    with pytest.raises(FaceError) as fault:
        InsightFaceReader("buffalo_l", [tmp_path])
    assert all(word in str(fault.value) for word in ("w600k_r50.onnx", "recogniser", str(tmp_path / "buffalo_l")))


def test_a_damaged_file_is_named(plain: Path, tmp_path: Path) -> None:
    shutil.copytree(plain / "buffalo_l", tmp_path / "buffalo_l")
    (tmp_path / "buffalo_l" / "det_10g.onnx").write_bytes(b"no network")
    with pytest.raises(FaceError, match="det_10g.onnx cannot be loaded"):
        InsightFaceReader("buffalo_l", [tmp_path]).faces(waves(64, 64))


def test_another_recogniser_in_the_folder_never_goes_by_the_pack_s_name(plain: Path, tmp_path: Path) -> None:
    shutil.copytree(plain / "buffalo_l", tmp_path / "buffalo_l")
    shutil.copy(tmp_path / "buffalo_l" / "w600k_r50.onnx", tmp_path / "buffalo_l" / "glintr100.onnx")
    with pytest.raises(FaceError, match=r"holds glintr100.onnx beside w600k_r50.onnx"):
        InsightFaceReader("buffalo_l", [tmp_path]).faces(waves(64, 64))


def test_nothing_is_downloaded(
    plain: Path, tmp_path: Path, offline: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    shutil.copytree(plain / "buffalo_l", tmp_path / "buffalo_l")
    reader, late = (InsightFaceReader("buffalo_l", [tmp_path], "cpu") for _ in range(2))
    assert reader.faces_at(waves(128, 128), side=128, threshold=0.5)
    shutil.rmtree(tmp_path / "buffalo_l")
    with pytest.raises(FaceError, match="is missing; put the unpacked"):
        late.faces(waves(64, 64))
    with pytest.raises(FaceError, match="is missing; put the unpacked"):
        InsightFaceReader("antelopev2", [tmp_path])
    assert offline == [] and list(tmp_path.iterdir()) == []


def test_nothing_is_printed(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert read(folder, 128)
    assert capfd.readouterr().out == ""


def test_a_user_s_choice_of_telemetry_outlives_the_package(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")
    read(folder, 128)
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "0"


@pytest.mark.parametrize("missing_module", ["onnxruntime", "insightface.app"])
def test_without_a_package_it_says_what_to_install(
    missing_module: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == missing_module:
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(FaceError, match=f"pip install .*{missing_module.split('.')[0]}"):
        read(folder, 128)


def test_without_insightface_packs_alone_are_unavailable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_found(name: str) -> str:
        raise reader_module.PackageNotFoundError(name)

    monkeypatch.setattr(reader_module, "version", not_found)
    lack = missing("buffalo_l", [folder]) or ""
    assert "pip install --no-deps insightface" in lack and lack.count("\n") == 0
    with pytest.raises(FaceError, match="pip install --no-deps insightface"):
        open_reader("buffalo_l", FaceFolders(insightface=(folder,)))


def test_a_package_too_old_is_named_with_its_version(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_module, "version", lambda _: "0.7.3")
    assert "insightface 0.7.3 is too old" in (missing("buffalo_l", [folder]) or "")
