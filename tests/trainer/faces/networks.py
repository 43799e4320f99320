"""Random networks in the layouts of AuraFace, SFace, CCIP and DINO, a few kilobytes each."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save_file


def write_embedder(path: Path, side: int, wide: int, *, pool: int = 8, named: str = "input") -> Path:
    """(n, 3, side, side) to (n, wide): a pooled picture times a random matrix, as ArcFace, SFace and CCIP take it."""
    rng = np.random.default_rng(wide)
    cells = 3 * (side // pool) ** 2
    nodes = [
        helper.make_node("AveragePool", [named], ["p"], kernel_shape=[pool, pool], strides=[pool, pool]),
        helper.make_node("Flatten", ["p"], ["f"]),
        helper.make_node("MatMul", ["f", "w"], ["output"]),
    ]
    return _write(path, nodes, {"w": rng.normal(0, 1 / 30, (cells, wide))}, named, ["n", 3, side, side], ["n", wide])


def write_differences(path: Path, wide: int = 768, *, scale: float = 1.0) -> Path:
    """(n, wide) to (n, n) as CCIP's second network: half of 1 - cosine, times `scale`."""
    nodes = [
        helper.make_node("LpNormalization", ["input"], ["u"], axis=1, p=2),
        helper.make_node("Transpose", ["u"], ["t"], perm=[1, 0]),
        helper.make_node("MatMul", ["u", "t"], ["c"]),
        helper.make_node("Sub", ["one", "c"], ["d"]),
        helper.make_node("Mul", ["d", "half"], ["output"]),
    ]
    return _write(path, nodes, {"one": np.ones(1), "half": np.full(1, scale / 2)}, "input", ["n", wide], ["n", "n"])


def write_ccip(folder: Path, *, threshold: Any = 0.18) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    write_embedder(folder / "model_feat.onnx", 384, 768, pool=64)
    write_differences(folder / "model_metrics.onnx")
    (folder / "metrics.json").write_text(json.dumps({"f1_score": 0.84, "threshold": threshold}))
    return folder


def write_dino(folder: Path, kind: str = "dinov2") -> Path:
    """DINOv2, with registers or without, or DINOv3, of two layers and 32 wide, from seed 7."""
    import torch
    import transformers

    torch.manual_seed(7)
    sizes: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "patch_size": 14}
    kinds: Any = transformers
    names = {"dinov2": "Dinov2", "dinov2_with_registers": "Dinov2WithRegisters", "dinov3_vit": "DINOv3ViT"}
    more = {"dinov3_vit": {"intermediate_size": 64, "patch_size": 16, "num_register_tokens": 4}}.get(kind, {})
    model = getattr(kinds, f"{names[kind]}Model")(getattr(kinds, f"{names[kind]}Config")(**{**sizes, **more}))
    folder.mkdir(parents=True, exist_ok=True)
    model.config.save_pretrained(folder)
    save_file(model.state_dict(), folder / "model.safetensors")
    colours = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
    (folder / "preprocessor_config.json").write_text(json.dumps(colours))
    return folder


def write_yunet(path: Path) -> Path:
    """YuNet's twelve outputs: class, object, box and points at strides 8, 16 and 32, for pictures of any size.

    It finds faces where the picture is bright in its own cells.
    """
    rng = np.random.default_rng(11)
    nodes: list[Any] = []
    weights: list[Any] = []
    for stride in (8, 16, 32):
        for name, wide in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
            kernel = rng.normal(0, 0.01, (wide, 3, stride, stride)) / stride**2
            offset = rng.normal(0, 0.3, wide)
            if name in ("cls", "obj"):
                kernel, offset = np.full((1, 3, stride, stride), 0.05 / stride**2), np.full(1, -30.0)
            key = f"{name}_{stride}"
            weights += [_kept(f"{key}w", kernel), _kept(f"{key}b", offset)]
            weights.append(numpy_helper.from_array(np.array([1, -1, wide], np.int64), f"{key}s"))
            nodes += [
                helper.make_node("Conv", ["input", f"{key}w", f"{key}b"], [f"{key}c"], strides=[stride, stride]),
                helper.make_node("Transpose", [f"{key}c"], [f"{key}t"], perm=[0, 2, 3, 1]),
                helper.make_node("Reshape", [f"{key}t", f"{key}s"], [f"{key}r"]),
                helper.make_node("Sigmoid" if wide == 1 else "Identity", [f"{key}r"], [key]),
            ]
    names = [(f"{name}_{stride}", wide) for name, wide in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
             for stride in (8, 16, 32)]  # fmt: skip
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "n", wide]) for name, wide in names]
    inputs = [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, "h", "w"])]
    graph = helper.make_graph(nodes, "random", inputs, outputs, weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


def _kept(name: str, values: np.ndarray) -> Any:
    return numpy_helper.from_array(values.astype(np.float32), name)


def _write(
    path: Path, nodes: list[Any], weights: dict[str, np.ndarray], named: str, given: list[Any], made: list[Any]
) -> Path:
    kept = [_kept(name, values) for name, values in weights.items()]
    inputs = [helper.make_tensor_value_info(named, TensorProto.FLOAT, given)]
    outputs = [helper.make_tensor_value_info("output", TensorProto.FLOAT, made)]
    graph = helper.make_graph(nodes, "random", inputs, outputs, kept)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path
