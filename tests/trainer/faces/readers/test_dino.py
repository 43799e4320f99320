"""Subjects without faces by DINO, on random networks of transformers' own classes."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainer.errors import FaceError
from trainer.faces.readers.dino import DinoReader, _subject, missing
from trainer.faces.registry import FaceFolders, open_reader

from ..networks import write_dino
from ..packs import waves


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dino(tmp_path_factory.mktemp("models") / "dinov2-tiny").parent


@pytest.mark.parametrize("kind", ["dinov2", "dinov2_with_registers", "dinov3_vit"])
def test_every_kind_gives_one_unit_embedding_of_the_patches_alone(tmp_path: Path, kind: str) -> None:
    reader = DinoReader([write_dino(tmp_path / kind, kind)])
    (face,) = reader.faces(waves(120, 200))
    assert face.embedding.shape == (32,) and np.linalg.norm(face.embedding) == pytest.approx(1.0, abs=1e-5)
    assert "Nobody trained it" in reader.licence and reader.name == f"dino {kind}"
    patches = reader._patches(waves(120, 200))
    assert patches.shape[0] > patches.shape[1] and patches.shape[0] * patches.shape[1] == pytest.approx(1024, rel=0.3)


def test_a_picture_of_any_size_and_mode_is_read(folder: Path) -> None:
    reader = DinoReader([folder])
    for picture in (Image.new("RGB", (1, 1)), Image.new("RGB", (10000, 3)), waves(30, 30).convert("L")):
        face = reader.faces(picture)[0]
        assert np.isfinite(face.embedding).all() and face.box[2] <= picture.width + 1e-6


def test_the_subject_is_the_side_of_the_first_component_that_touches_less_of_the_border() -> None:
    rng = np.random.default_rng(5)
    patches = rng.normal(0, 0.1, (20, 16, 8))
    patches[5:15, 4:12] += 1.0
    inside = np.zeros((20, 16), bool)
    inside[5:15, 4:12] = True
    assert np.array_equal(_subject(patches), inside)
    assert np.array_equal(_subject(-patches), inside)


def test_a_picture_that_tells_no_subject_is_taken_whole() -> None:
    assert _subject(np.ones((6, 6, 4))).all()
    assert _subject(np.ones((1, 1, 4))).all()


def test_it_is_never_taken_unasked_and_told_apart_from_other_folders(
    folder: Path, tmp_path: Path, no_dlib: None
) -> None:
    other = tmp_path / "clip-vit"
    write_dino(other)
    (other / "config.json").write_text(json.dumps({"model_type": "clip"}))
    assert "facebook/dinov2-base" in (missing([tmp_path]) or "")
    assert missing([tmp_path, folder]) is None
    with pytest.raises(FaceError, match="No face reader is ready"):
        open_reader("auto", FaceFolders(dino=(folder,)))
    assert open_reader("dino", FaceFolders(dino=(folder,))).name == "dino dinov2-tiny"


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    home = write_dino(tmp_path / "dinov2")
    (home / "model.safetensors").write_bytes(b"\0" * 40)
    with pytest.raises(FaceError, match="dinov2 cannot be loaded as DINO"):
        DinoReader([home]).faces(waves(40, 40))


def test_exchanged_files_in_a_folder_of_the_same_name_have_another_fingerprint(tmp_path: Path) -> None:
    reader = DinoReader([write_dino(tmp_path / "dino")])
    before = reader.fingerprint
    assert before and DinoReader([tmp_path]).fingerprint == before
    (tmp_path / "dino" / "model.safetensors").write_bytes(b"others")
    assert reader.fingerprint != before
