"""The demo reader's two small networks, and how they become ONNX files with fp16 weights."""

# torch, diffusers and onnx leave these types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..world.identity import VECTOR_SIZE
from ..world.look import VALUES

ATTRIBUTE_SIZES = {name: len(values) for name, values in VALUES.items()}
_WIDTHS = (24, 32, 48, 64, 64)
_CELLS = 4
_HIDDEN = 128


def _step(channels: int, out: int, stride: int) -> nn.Sequential:
    conv = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out), nn.ReLU())


class ReaderNet(nn.Module):
    """Picture (n, 3, 128, 128) in 0..1 to identity (n, VECTOR_SIZE) and attribute logits (n, sum of sizes)."""

    def __init__(self) -> None:
        super().__init__()
        steps: list[nn.Module] = []
        channels = 3
        for width in _WIDTHS:
            steps += [_step(channels, width, 2)]
            if width == 48:
                steps += [_step(width, width, 1)]
            channels = width
        self.body = nn.Sequential(*steps)
        self.hidden = nn.Linear(_WIDTHS[-1] * _CELLS * _CELLS, _HIDDEN)
        self.identity = nn.Linear(_HIDDEN, VECTOR_SIZE)
        self.attributes = nn.Linear(_HIDDEN, sum(ATTRIBUTE_SIZES.values()))

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        hidden = F.relu(self.hidden(self.body(pixels - 0.5).flatten(1)))
        return self.identity(hidden), self.attributes(hidden)


class DetectorNet(nn.Module):
    """Picture (n, 3, 128, 128) in 0..1 to 16x16 cells of 15 values: face logit, centre, log size, five points."""

    VALUES = 15

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.ModuleList(
            [_step(3, 16, 2), _step(16, 24, 2), _step(24, 32, 2), _step(32, 40, 2), _step(40, 48, 2)]
        )
        self.deep = _step(48, 48, 1)
        self.up_8 = _step(48 + 40, 40, 1)
        self.up_16 = _step(40 + 32, 40, 1)
        self.head = nn.Conv2d(40, self.VALUES, 1)

    def forward(self, pixels: Tensor) -> Tensor:
        levels = [pixels - 0.5]
        for step in self.down:
            levels.append(step(levels[-1]))
        deep = self.deep(levels[5])
        middle = self.up_8(torch.cat([F.interpolate(deep, scale_factor=2.0), levels[4]], 1))
        return self.head(self.up_16(torch.cat([F.interpolate(middle, scale_factor=2.0), levels[3]], 1)))


def export(net: ReaderNet | DetectorNet, path: Path) -> None:
    """Write `net` as ONNX with batch norms folded in and fp16 weights, batch size free."""
    import onnx
    from onnx import TensorProto, helper

    graph = _Graph()
    shapes = _reader_graph(net, graph) if isinstance(net, ReaderNet) else _detector_graph(net, graph)
    inputs = [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", 3, 128, 128])]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()]
    made = helper.make_graph(graph.nodes, type(net).__name__, inputs, outputs, graph.weights)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


class _Graph:
    """ONNX nodes and fp16 weights in the order they are added."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def weight(self, value: Tensor | None) -> str:
        assert value is not None
        from onnx import TensorProto, numpy_helper

        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(value.detach().half().numpy(), name))
        return self.node("Cast", [name], to=TensorProto.FLOAT)

    def node(self, kind: str, inputs: list[str], output: str | None = None, **attributes: Any) -> str:
        from onnx import helper

        output = output or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def step(self, source: str, step: Any) -> str:
        """A `_step` with its batch norm folded into the convolution."""
        conv, norm = step[0], step[1]
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()
        weight = self.weight(conv.weight * scale[:, None, None, None])
        bias = self.weight(norm.bias - norm.running_mean * scale)
        strides = list(conv.stride)
        made = self.node("Conv", [source, weight, bias], kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=strides)
        return self.node("Relu", [made])

    def centred(self) -> str:
        return self.node("Sub", ["pixels", self.weight(torch.tensor(0.5))])

    def doubled(self, source: str) -> str:
        from onnx import numpy_helper

        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(torch.tensor([1.0, 1.0, 2.0, 2.0]).numpy(), name))
        return self.node(
            "Resize",
            [source, "", name],
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )


def _reader_graph(net: ReaderNet, graph: _Graph) -> dict[str, list[str | int]]:
    source = graph.centred()
    for step in net.body:
        source = graph.step(source, step)
    flat = graph.node("Flatten", [source], axis=1)
    linear: dict[str, Any] = {"transB": 1}
    hidden = graph.node("Gemm", [flat, graph.weight(net.hidden.weight), graph.weight(net.hidden.bias)], **linear)
    hidden = graph.node("Relu", [hidden])
    for name, layer in (("identity", net.identity), ("attributes", net.attributes)):
        graph.node("Gemm", [hidden, graph.weight(layer.weight), graph.weight(layer.bias)], name, **linear)
    return {"identity": ["n", VECTOR_SIZE], "attributes": ["n", net.attributes.out_features]}


def _detector_graph(net: DetectorNet, graph: _Graph) -> dict[str, list[str | int]]:
    levels = [graph.centred()]
    for step in net.down:
        levels.append(graph.step(levels[-1], step))
    deep = graph.step(levels[5], net.deep)
    middle = graph.step(graph.node("Concat", [graph.doubled(deep), levels[4]], axis=1), net.up_8)
    last = graph.step(graph.node("Concat", [graph.doubled(middle), levels[3]], axis=1), net.up_16)
    weight, bias = graph.weight(net.head.weight), graph.weight(net.head.bias)
    graph.node("Conv", [last, weight, bias], "faces", kernel_shape=[1, 1])
    return {"faces": ["n", DetectorNet.VALUES, 16, 16]}
