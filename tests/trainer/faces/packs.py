"""Model files with random weights in the layout of InsightFace's packs, and a picture for them to read."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

FILES = {"buffalo_l": ("det_10g.onnx", "w600k_r50.onnx"), "antelopev2": ("scrfd_10g_bnkps.onnx", "glintr100.onnx")}


def write_pack(folder: Path, pack: str = "buffalo_l", *, pose: bool = False) -> Path:
    """Detector, recogniser and, if asked for, the 68 points of a pack, all from seed 7."""
    rng = np.random.default_rng(7)
    folder.mkdir(parents=True)
    detector, recogniser = FILES[pack]
    _save(folder / detector, *_detector(rng))
    _save(folder / recogniser, *_matrix(rng, 112, 512, 4))
    if pose:
        # By its first node's name insightface knows a network that takes raw pixels, as the packs' own does.
        _save(folder / "1k3d68.onnx", *_matrix(rng, 192, 3309, 8, first="bn_data"))
    return folder


def waves(width: int, height: int) -> Image.Image:
    y, x = np.mgrid[:height, :width]
    parts = [128 + 90 * np.sin(x / 37 + c) * np.cos(y / 23 + 2 * c) + 30 * np.sin((x + y) / 9) for c in range(3)]
    return Image.fromarray(np.stack(parts, -1).clip(0, 255).astype(np.uint8))


_Graph = tuple[list[onnx.NodeProto], list[onnx.TensorProto], list[onnx.ValueInfoProto], onnx.ValueInfoProto]


def _detector(rng: np.random.Generator) -> _Graph:
    """SCRFD's nine outputs: scores, boxes and points at strides 8, 16 and 32, two anchors a cell."""
    nodes: list[onnx.NodeProto] = []
    weights: list[onnx.TensorProto] = []
    outputs: dict[str, list[onnx.ValueInfoProto]] = {"score": [], "bbox": [], "kps": []}
    last = {"score": "Sigmoid", "bbox": "Relu", "kps": "Identity"}
    bias = {"score": -3.5, "bbox": 1.5, "kps": 0.0}
    for stride in (8, 16, 32):
        for name, wide in (("score", 1), ("bbox", 4), ("kps", 10)):
            kernel = rng.normal(0, 2 / np.sqrt(3 * stride * stride), (2 * wide, 3, stride, stride))
            offset = rng.normal(0, 1, 2 * wide) + bias[name]
            key = f"{name}{stride}"
            weights += [_weight(f"{key}w", kernel), _weight(f"{key}b", offset)]
            weights.append(numpy_helper.from_array(np.array([-1, wide], np.int64), f"{key}s"))
            nodes += [
                helper.make_node("Conv", ["in", f"{key}w", f"{key}b"], [f"{key}c"], strides=[stride, stride]),
                helper.make_node("Transpose", [f"{key}c"], [f"{key}t"], perm=[0, 2, 3, 1]),
                helper.make_node("Reshape", [f"{key}t", f"{key}s"], [f"{key}r"]),
                helper.make_node(last[name], [f"{key}r"], [key]),
            ]
            outputs[name].append(helper.make_tensor_value_info(key, TensorProto.FLOAT, ["n", wide]))
    results = [*outputs["score"], *outputs["bbox"], *outputs["kps"]]
    return nodes, weights, results, helper.make_tensor_value_info("in", TensorProto.FLOAT, [1, 3, "h", "w"])


def _matrix(rng: np.random.Generator, side: int, wide: int, pool: int, first: str = "") -> _Graph:
    """A pooled picture times a random matrix: (1, wide)."""
    cells = 3 * (side // pool) ** 2
    weights = [_weight("w", rng.normal(0, 1 / 30, (cells, wide)))]
    weights.append(numpy_helper.from_array(np.array([0, -1], np.int64), "s"))
    nodes = [
        helper.make_node("AveragePool", ["in"], ["p"], kernel_shape=[pool, pool], strides=[pool, pool], name=first),
        helper.make_node("Reshape", ["p", "s"], ["f"]),
        helper.make_node("MatMul", ["f", "w"], ["out"]),
    ]
    result = helper.make_tensor_value_info("out", TensorProto.FLOAT, ["n", wide])
    return nodes, weights, [result], helper.make_tensor_value_info("in", TensorProto.FLOAT, ["n", 3, side, side])


def _weight(name: str, values: np.ndarray) -> onnx.TensorProto:
    return numpy_helper.from_array(values.astype(np.float32), name)


def _save(
    path: Path,
    nodes: list[onnx.NodeProto],
    weights: list[onnx.TensorProto],
    outputs: list[onnx.ValueInfoProto],
    pixels: onnx.ValueInfoProto,
) -> None:
    graph = helper.make_graph(nodes, "random", [pixels], outputs, weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
