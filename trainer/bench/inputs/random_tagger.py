"""A tagger of random weights with the files and the contract of a WD tagger (needs the `onnx` package)."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...captions.captioners.tagger_files import TaggerFiles
from ...errors import LikenessError

RATINGS = ("general", "sensitive", "questionable", "explicit")
_CELL = 16
_CHANNELS = 32
_GAIN = 2.5


@dataclass(frozen=True, kw_only=True)
class TaggerSize:
    """`batch` None leaves the batch free. Most weights are `layers` of hidden x hidden; a low `bias` makes few tags."""

    general: int = 40
    character: int = 8
    side: int = 448
    batch: int | None = None
    hidden: int = 32
    layers: int = 1
    bias: float = -0.5


def write_random_tagger(folder: Path, size: TaggerSize, *, names: tuple[str, ...] = (), seed: int = 0) -> TaggerFiles:
    """Write `model.onnx` and `selected_tags.csv`; `names` are the first general tags, the rest are numbered.

    The network cuts the picture into cells, averages what it finds and mixes it: every part of a picture counts, and
    scores lie on both sides of any usual threshold.
    """
    try:
        import onnx
    except ImportError as fault:
        raise LikenessError("A random tagger needs onnx: run `pip install onnx`.") from fault
    folder.mkdir(parents=True, exist_ok=True)
    files = TaggerFiles(folder.name, folder / "model.onnx", folder / "selected_tags.csv")
    engine: Any = onnx
    engine.save(_model(engine, size, seed), files.model)
    _write_words(files.words, size, names)
    return files


def _write_words(path: Path, size: TaggerSize, names: tuple[str, ...]) -> None:
    general = [names[place] if place < len(names) else f"general_tag_{place}" for place in range(size.general)]
    rows = [(word, 9) for word in RATINGS] + [(word, 0) for word in general]
    rows += [(f"character_{place}_(series)", 4) for place in range(size.character)]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("tag_id", "name", "category", "count"))
        writer.writerows((place, name, category, 1000 - place) for place, (name, category) in enumerate(rows))


def _model(onnx: Any, size: TaggerSize, seed: int) -> Any:
    make = onnx.helper
    weights = _weights(size, seed)
    nodes = [
        make.make_node("Transpose", ["input"], ["planes"], perm=[0, 3, 1, 2]),
        make.make_node("Conv", ["planes", "patch"], ["cells"], strides=[_CELL, _CELL]),
        make.make_node("Tanh", ["cells"], ["bent"]),
        make.make_node("GlobalAveragePool", ["bent"], ["mean"]),
        make.make_node("Flatten", ["mean"], ["flat"]),
        make.make_node("MatMul", ["flat", "widen"], ["state0"]),
    ]
    for n in range(size.layers):
        nodes.append(make.make_node("MatMul", [f"state{n}", f"mix{n}"], [f"sum{n}"]))
        nodes.append(make.make_node("Tanh", [f"sum{n}"], [f"state{n + 1}"]))
    nodes.append(make.make_node("MatMul", [f"state{size.layers}", "head"], ["sums"]))
    nodes.append(make.make_node("Add", ["sums", "bias"], ["logits"]))
    nodes.append(make.make_node("Sigmoid", ["logits"], ["output"]))
    batch = "batch" if size.batch is None else size.batch
    graph = make.make_graph(
        nodes,
        "random tagger",
        [make.make_tensor_value_info("input", onnx.TensorProto.FLOAT, [batch, size.side, size.side, 3])],
        [make.make_tensor_value_info("output", onnx.TensorProto.FLOAT, [batch, weights["head"].shape[1]])],
        [onnx.numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()],
    )
    return make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=8)


def _weights(size: TaggerSize, seed: int) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(seed)
    words = len(RATINGS) + size.general + size.character
    shapes = {f"mix{n}": (size.hidden, size.hidden) for n in range(size.layers)} | {"head": (size.hidden, words)}
    return {
        # About one standard deviation of what 16 x 16 pixels of 0..255 sum up to.
        "patch": draw.normal(0, 1 / (128 * _CELL * 3**0.5), (_CHANNELS, 3, _CELL, _CELL)),
        "widen": draw.normal(0, _GAIN * _CHANNELS**-0.5, (_CHANNELS, size.hidden)),
        "bias": np.full(words, size.bias),
        **{name: draw.normal(0, _GAIN * size.hidden**-0.5, shape) for name, shape in shapes.items()},
    }
