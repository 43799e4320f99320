"""Files that ComfyUI's own tools quantised: read to the numbers that its own code makes of them, or named."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from trainer.errors import ModelError
from trainer.families.flow.scaled import refuse_layout
from trainer.families.flow.tensors import Place, StoredTensors
from trainer.storage.tensor_header import read_header

LAYER = "blocks.0.lin"
ROTATED = {"format": "int8_tensorwise", "convrot": True, "convrot_groupsize": 16}


def note(words: dict[str, Any]) -> Tensor:
    return torch.tensor(list(json.dumps(words).encode()), dtype=torch.uint8)


def weight() -> Tensor:
    return (torch.arange(8 * 64) % 17 - 8).view(8, 64).float() / 10


# comfy_kitchen 0.2.31's TensorWiseINT8Layout: what it packs of `weight()` by row, without and with its rotation by 16.
PACKED = {
    0: ([-127, -111, -95, -79, -64, -48, -32, -16], 0.006299212574958801, -1.499212622642517, 123.4927435507814),
    16: ([-86, -76, -65, -54, -43, -32, -22, -11], 0.009251968003809452, -1.531297069042921, 123.44742753770063),
}


def packed(group: int) -> tuple[Tensor, Tensor]:
    """As the host packs it: rotated by the Kronecker power of [[1, 1, 1, -1], …], then one scale a row."""
    wide = weight()
    if group:
        block = torch.tensor([[1, 1, 1, -1], [1, 1, -1, 1], [1, -1, 1, 1], [-1, 1, 1, 1]]).float()
        wide = (wide.view(8, -1, group) @ torch.kron(block, block).T / group**0.5).view(8, 64)
    scales = wide.abs().amax(1, keepdim=True) / 127
    return (wide / scales).round().to(torch.int8), scales


def written(folder: Path, tensors: dict[str, Tensor], metadata: dict[str, str] | None = None) -> Path:
    path = folder / "mine.safetensors"
    save_file({f"{LAYER}.{name}": tensor for name, tensor in tensors.items()}, path, metadata)
    return path


def read(path: Path, place: Place | None = None) -> Tensor:
    refuse_layout(path, read_header(path))
    with StoredTensors([path]).opened() as tensors:
        return tensors.read(place or Place(f"{LAYER}.weight"), torch.float32)


@pytest.mark.parametrize("group", [0, 16])
@pytest.mark.parametrize("told", ["beside", "in the metadata"])
def test_int8_is_read_as_the_host_reads_it(tmp_path: Path, group: int, told: str) -> None:
    numbers, scales = packed(group)
    first, scale, total, squares = PACKED[group]
    assert (numbers[0, :8] - torch.tensor(first)).abs().max() <= 1
    assert float(scales[0]) == pytest.approx(scale)
    words = ROTATED if group else {"format": "int8_tensorwise"}
    tensors = {"weight": numbers, "weight_scale": scales}
    if told == "beside":
        path = written(tmp_path, {**tensors, "comfy_quant": note(words)})
    else:
        path = written(tmp_path, tensors, {"_quantization_metadata": json.dumps({"layers": {LAYER: words}})})
    found = read(path)
    assert float(found.double().sum()) == pytest.approx(total, abs=0.05)
    assert float(found.double().square().sum()) == pytest.approx(squares, rel=1e-3)
    assert (found - weight()).norm() / weight().norm() < 0.006


def test_rows_of_a_rotated_weight_have_their_own_scales(tmp_path: Path) -> None:
    numbers, scales = packed(16)
    path = written(tmp_path, {"weight": numbers, "weight_scale": scales.flatten(), "comfy_quant": note(ROTATED)})
    assert torch.equal(read(path, Place(f"{LAYER}.weight", (2, 5))), read(path)[2:5])
    turned = read(path, Place(f"{LAYER}.weight", is_turned=True))
    assert torch.equal(turned, torch.cat([read(path)[4:], read(path)[:4]]))


@pytest.mark.parametrize(
    ("tensors", "said"),
    [
        ({"comfy_quant": note({"format": "convrot_w4a4"})}, "quantised as convrot_w4a4, which"),
        ({"comfy_quant": note({"format": "mxfp8"})}, "quantised as mxfp8, which"),
        ({"comfy_quant": note({"format": "nvfp4"}), "weight_scale_2": torch.ones(())}, r"4 bits \(nvfp4\)"),
        ({"comfy_quant": torch.tensor([123, 1], dtype=torch.uint8)}, "in a way that is not known here"),
        ({"comfy_quant": note({**ROTATED, "convrot_groupsize": 32})}, "rotated 32 at a time, which is no power of 4"),
        ({"comfy_quant": note({**ROTATED, "convrot_groupsize": 256})}, "rotated 256 at a time"),
        ({"comfy_quant": note(ROTATED), "weight_scale": torch.ones(8, 4)}, r"weight_scale is \[8, 4\] for I8"),
        ({}, "in int8 without saying in which format"),
    ],
)
def test_other_formats_are_named(tmp_path: Path, tensors: dict[str, Tensor], said: str) -> None:
    numbers, scales = packed(16)
    path = written(tmp_path, {"weight": numbers, "weight_scale": scales, **tensors})
    with pytest.raises(ModelError, match=rf"mine\.safetensors .*{said}"):
        read(path)


def test_a_missing_scale_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, {"weight": packed(0)[0], "comfy_quant": note({"format": "int8_tensorwise"})})
    with pytest.raises(ModelError, match="scale is missing for I8"):
        read(path)
