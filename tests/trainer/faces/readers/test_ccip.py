"""Drawn characters by CCIP, on random networks in its layout."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainer.errors import FaceError
from trainer.faces.identity import CharacterIdentity
from trainer.faces.metric import alike
from trainer.faces.readers.ccip import CcipReader, missing
from trainer.faces.registry import FaceFolders, open_reader

from ..networks import write_ccip, write_differences, write_embedder
from ..packs import waves


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("models")
    write_ccip(home / "ccip-caformer-24")
    return home


def test_the_whole_picture_is_one_face_whatever_its_mode(folder: Path) -> None:
    reader = CcipReader([folder])
    for picture in (waves(200, 300), waves(200, 300).convert("L"), waves(200, 300).convert("RGBA")):
        (face,) = reader.faces(picture)
        assert face.box == (0, 0, 200, 300) and face.embedding.shape == (768,) and face.yaw is None
    assert len(reader.faces(Image.new("RGB", (1, 1)))) == len(reader.faces(Image.new("RGB", (9000, 3)))) == 1


def test_colours_are_normalised_as_clip_s_red_first(folder: Path) -> None:
    reader = CcipReader([folder])
    plain = np.full((3, 384, 384), 0.0, np.float32)
    for channel, (mean, spread) in enumerate(
        [(0.48145466, 0.26862954), (0.4578275, 0.26130258), (0.40821073, 0.27577711)]
    ):
        plain[channel] = ([200, 100, 50][channel] / 255 - mean) / spread
    wanted = reader._features(plain[None])[0]
    assert reader.faces(Image.new("RGB", (50, 70), (200, 100, 50)))[0].embedding == pytest.approx(wanted, abs=1e-4)


def test_its_second_network_says_how_alike_two_are_and_its_file_from_where_on_they_are_one(folder: Path) -> None:
    reader = CcipReader([folder])
    one, other = (reader.faces(picture)[0].embedding for picture in (waves(90, 90), waves(90, 90).rotate(90)))
    cosine = float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))
    assert reader.same_person == pytest.approx(0.82)
    assert alike(reader.metric, one, one) == pytest.approx(1.0, abs=1e-5)
    assert alike(reader.metric, one, other) == pytest.approx(1 - (1 - cosine) / 2, abs=1e-5)


def test_many_are_compared_in_parts_and_each_with_the_mean_of_the_others(folder: Path) -> None:
    metric = CcipReader([folder]).metric
    rows = np.random.default_rng(1).normal(size=(300, 768)).astype(np.float32)
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    assert metric.between(rows, rows[:3]) == pytest.approx(1 - (1 - units @ units[:3].T) / 2, abs=1e-4)
    few = rows[:4]
    slow = [alike(metric, few[n], metric.mean(np.delete(few, n, axis=0))) for n in range(4)]
    assert metric.to_the_others(few) == pytest.approx(slow, abs=1e-6)
    character = CharacterIdentity.of(list(few), metric)
    assert character is not None and character.self_likeness() == pytest.approx(float(np.mean(slow)), abs=1e-6)
    assert np.linalg.norm(metric.mean(few)) == pytest.approx(float(np.linalg.norm(few, axis=1).mean()), rel=1e-4)


def test_it_is_never_taken_unasked(folder: Path, no_dlib: None) -> None:
    with pytest.raises(FaceError, match="No face reader is ready"):
        open_reader("auto", FaceFolders(ccip=(folder,)))
    assert open_reader("ccip", FaceFolders(ccip=(folder,))).name == "ccip ccip-caformer-24"


def test_a_file_that_is_missing_is_named_with_its_place(folder: Path, tmp_path: Path) -> None:
    assert missing([folder]) is None
    assert "model_feat.onnx of CCIP is missing" in (missing([tmp_path]) or "")
    half = tmp_path / "mine"
    write_differences(half / "model_metrics.onnx")
    write_embedder(half / "model_feat.onnx", 384, 768, pool=64)
    assert "metrics.json of CCIP is missing; put " in (lack := missing([tmp_path]) or "") and str(half) in lack


@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (lambda home: (home / "metrics.json").write_text("{"), "metrics.json cannot be read as the numbers"),
        (lambda home: (home / "metrics.json").write_text('{"threshold": "much"}'), "names no threshold"),
        (lambda home: (home / "model_feat.onnx").write_bytes(b"not a network"), "model_feat.onnx cannot be loaded"),
        (lambda home: write_embedder(home / "model_feat.onnx", 112, 512), "is not CCIP's network of features"),
    ],
)
def test_a_broken_or_another_file_is_refused_by_name(tmp_path: Path, break_it: object, sentence: str) -> None:
    home = write_ccip(tmp_path / "ccip")
    break_it(home)  # type: ignore[operator]
    with pytest.raises(FaceError, match=sentence):
        CcipReader([home]).faces(waves(40, 40))
