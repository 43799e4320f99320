"""InsightFace's packs without its package. The pinned numbers are what insightface 2.1 reads with the same files."""

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from trainer.errors import FaceError
from trainer.faces.face import Face
from trainer.faces.insightface import InsightFaceReader
from trainer.faces.onnx_file import OnnxFile
from trainer.faces.scrfd import detect

from .packs import waves, write_pack

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


def read(folder: Path, side: int) -> list[Face]:
    faces = InsightFaceReader("buffalo_l", [folder], "cpu").faces_at(waves(side, side), side=side, threshold=0.5)
    return sorted(faces, key=lambda face: -face.score)


def test_as_many_faces_are_found_as_insightface_finds(folder: Path) -> None:
    network = OnnxFile(folder / "buffalo_l" / "det_10g.onnx", "cpu")
    assert [len(detect(network, waves(side, side), (side,), 0.5)) for side in (640, 128)] == [146, 6]


def test_a_face_is_where_and_what_insightface_says_it_is(folder: Path) -> None:
    face = read(folder, 640)[0]
    assert face.score == pytest.approx(SCORE, abs=1e-4)
    assert face.box == pytest.approx(BOX, abs=1e-2)
    assert np.abs(np.array(face.points) - POINTS).max() < 1e-2
    assert face.embedding[:4] == pytest.approx(EMBEDDING, abs=2e-3)
    assert np.linalg.norm(face.embedding) == pytest.approx(1)
    assert (face.yaw, face.pitch, face.roll) == pytest.approx(POSE, abs=0.5)


def test_a_large_picture_gives_boxes_in_its_own_pixels(folder: Path) -> None:
    network = OnnxFile(folder / "buffalo_l" / "det_10g.onnx", "cpu")
    large = waves(640, 1280)
    steps = (4.0, 0.0, 0.0, 0.0, 4.0, 0.0)
    small = large.transform((160, 320), Image.Transform.AFFINE, steps, Image.Resampling.BILINEAR)
    near, far = (detect(network, page, (320,), 0.5) for page in (small, large))
    assert len(near) == len(far) > 0
    assert np.allclose([spot.box for spot in far], 4 * np.array([spot.box for spot in near]))


def test_without_the_pose_model_angles_come_from_five_points(tmp_path: Path) -> None:
    write_pack(tmp_path / "buffalo_l")
    face = read(tmp_path, 640)[0]
    assert face.yaw is not None
    assert face.yaw != pytest.approx(POSE[0], abs=0.5)


def test_a_pack_is_found_one_level_deeper_and_below_models(tmp_path: Path) -> None:
    write_pack(tmp_path / "one" / "antelopev2" / "antelopev2", "antelopev2")
    write_pack(tmp_path / "two" / "models" / "buffalo_l")
    assert InsightFaceReader("antelopev2", [tmp_path / "one"]).name == "insightface antelopev2"
    assert InsightFaceReader("buffalo_l", [tmp_path / "one", tmp_path / "two"]).name == "insightface buffalo_l"


def test_a_missing_file_is_named_with_what_it_is_and_where_it_belongs(tmp_path: Path) -> None:
    write_pack(tmp_path / "buffalo_l")
    (tmp_path / "buffalo_l" / "w600k_r50.onnx").unlink()
    with pytest.raises(FaceError) as fault:
        InsightFaceReader("buffalo_l", [tmp_path])
    assert all(word in str(fault.value) for word in ("w600k_r50.onnx", "recogniser", str(tmp_path / "buffalo_l")))


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    write_pack(tmp_path / "buffalo_l")
    (tmp_path / "buffalo_l" / "det_10g.onnx").write_bytes(b"no network")
    with pytest.raises(FaceError, match="det_10g.onnx cannot be loaded"):
        InsightFaceReader("buffalo_l", [tmp_path]).faces(waves(64, 64))


def test_without_onnxruntime_it_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "onnxruntime":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(FaceError, match="pip install onnxruntime"):
        read(folder, 128)
