"""Golden scores were made by kohya's tag_images_by_wd14_tagger.py on the very same random network."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from trainer.bench.inputs.random_tagger import TaggerSize, write_random_tagger
from trainer.captions.captioners.tagger_files import TaggerFiles
from trainer.captions.captioners.wd14 import Wd14
from trainer.captions.captioners.wd14_tags import Thresholds
from trainer.errors import ModelError

from .test_white_square import pattern

NAMES = ("1girl", ">_<", "long_hair", "looking_at_viewer")
PLACES = [0, 4, 5, 6, 7, 20, 43, 44, 45, 51]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> TaggerFiles:
    return write_random_tagger(tmp_path_factory.mktemp("wd14") / "wd-random", TaggerSize(), names=NAMES)


def write(folder: Path, **size: Any) -> TaggerFiles:
    return write_random_tagger(folder / "wd", TaggerSize(**{"general": 5, "character": 1, **size}))


@pytest.mark.parametrize(
    ("size", "golden"),
    [
        (
            (640, 400),
            [0.053316, 0.216907, 0.750448, 0.544718, 0.055825, 0.02472, 0.007266, 0.356109, 0.718578, 0.007383],
        ),
        (
            (300, 200),
            [0.051513, 0.207366, 0.787752, 0.564139, 0.046144, 0.024317, 0.00648, 0.360119, 0.705699, 0.007487],
        ),
    ],
)
def test_scores_equal_the_reference(files: TaggerFiles, size: tuple[int, int], golden: list[float]):
    scores = Wd14(files=files).scores([pattern(*size)])[0]
    assert scores[PLACES].tolist() == pytest.approx(golden, abs=1e-5)


def test_tags_and_text_follow_from_the_scores(files: TaggerFiles):
    tagger = Wd14(files=files, thresholds=Thresholds(general=0.5, character=0.75))
    said = tagger.caption([pattern(640, 400)])[0]
    assert {tag.name for tag in said.tags if tag.category == "character"} == {"character_4_(series)"}
    assert {">_<", "long_hair"} <= {tag.name for tag in said.tags} and "looking_at_viewer" not in said.text
    assert ">_<" in said.text and "long hair" in said.text and "character" not in said.text


def test_a_batch_says_what_single_pictures_say(files: TaggerFiles):
    pictures = [pattern(200 + 90 * number, 300) for number in range(5)]
    together = Wd14(files=files, batch=3).scores(pictures)
    apart = np.concatenate([Wd14(files=files).scores([picture]) for picture in pictures])
    assert np.allclose(together, apart, atol=1e-6)


def test_a_network_with_a_fixed_batch_and_another_size_is_run_as_it_wants(tmp_path: Path):
    sizes = {"side": 64, "general": 5, "character": 1}
    free = Wd14(files=write(tmp_path / "free", **sizes))
    fixed = Wd14(files=write(tmp_path / "fixed", batch=2, **sizes))
    pictures = [pattern(100, 80), pattern(64, 64), pattern(30, 90)]
    assert np.allclose(free.scores(pictures), fixed.scores(pictures), atol=1e-6)


def test_no_pictures_give_no_scores(files: TaggerFiles):
    assert Wd14(files=files).scores([]).shape == (0, 52) and Wd14(files=files).caption([]) == []


def test_one_session_serves_a_run_and_is_closed_after_it(files: TaggerFiles, monkeypatch: pytest.MonkeyPatch):
    import onnxruntime

    opened: list[str] = []
    original: Callable[..., Any] = onnxruntime.InferenceSession
    monkeypatch.setattr(
        onnxruntime, "InferenceSession", lambda path, **options: opened.append(path) or original(path, **options)
    )
    with Wd14(files=files) as tagger:
        tagger.caption([pattern(50, 50)])
        tagger.caption([pattern(60, 60)])
        assert len(opened) == 1
    assert "_network" not in vars(tagger)


def test_cuda_is_asked_for_where_it_is_available(files: TaggerFiles, monkeypatch: pytest.MonkeyPatch):
    import onnxruntime

    asked: list[list[str]] = []

    def refuse(path: str, *, providers: list[str]) -> None:
        asked.append(providers)
        raise RuntimeError("no session in this test")

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPU…"])
    monkeypatch.setattr(onnxruntime, "InferenceSession", refuse)
    with pytest.raises(ModelError, match="cannot be loaded .no session in this test.; download it again"):
        Wd14(files=files).caption([pattern(50, 50)])
    assert asked == [["CUDAExecutionProvider", "CPUExecutionProvider"]]


def test_the_key_changes_with_files_and_options_but_not_with_the_batch(files: TaggerFiles, tmp_path: Path):
    key = Wd14(files=files).key
    assert Wd14(files=files, batch=1).key == key
    others = (
        Wd14(files=files, thresholds=Thresholds(general=0.3)),
        Wd14(files=files, thresholds=Thresholds(character=None)),
        Wd14(files=files, underscores=True),
        Wd14(files=write(tmp_path)),
    )
    assert len({key, *(other.key for other in others)}) == 5


def test_words_of_another_network_are_refused(files: TaggerFiles, tmp_path: Path):
    with pytest.raises(ModelError, match="scores 10 words but selected_tags.csv lists 52"):
        Wd14(files=replace(write(tmp_path), words=files.words)).caption([pattern(50, 50)])


def test_a_file_that_is_no_network_is_refused(files: TaggerFiles, tmp_path: Path):
    (tmp_path / "model.onnx").write_bytes(b"version https://git-lfs.example/spec/v1")
    with pytest.raises(ModelError, match="model.onnx cannot be loaded"):
        Wd14(files=replace(files, model=tmp_path / "model.onnx")).caption([pattern(50, 50)])


def save_network(path: Path, shape: list[int], operator: str) -> None:
    import onnx
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("GlobalAveragePool", ["x"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node(operator, ["flat"], ["y"]),
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, size) for name, size in (("x", shape), ("y", None))]
    graph = helper.make_graph(nodes, "other", ends[:1], ends[1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def test_a_network_with_planes_first_is_refused(files: TaggerFiles, tmp_path: Path):
    save_network(tmp_path / "model.onnx", [1, 3, 64, 64], "Sigmoid")
    with pytest.raises(ModelError, match=r"\[1, 3, 64, 64\], not as \[batch, 448, 448, 3\]"):
        Wd14(files=replace(files, model=tmp_path / "model.onnx")).caption([pattern(50, 50)])


def test_numbers_that_are_no_scores_are_refused(tmp_path: Path):
    files = write(tmp_path, side=64, general=63 - 4, character=1)
    save_network(files.model, [1, 64, 64, 3], "Neg")
    with pytest.raises(ModelError, match="not between 0 and 1"):
        Wd14(files=files).caption([pattern(50, 50)])


def test_a_machine_without_onnxruntime_is_told_what_to_install(files: TaggerFiles, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelError, match="run .*pip install onnxruntime`"):
        Wd14(files=files).caption([Image.new("RGB", (8, 8))])
