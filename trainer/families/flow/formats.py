"""ComfyUI's own words on how each layer of a file is quantised, and its rotation of int8 weights taken back."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

from torch import Tensor

from ...errors import ModelError
from ...storage.tensor_header import Header
from ...storage.values import json_value
from ..memory.rotation import rotated, rotation

NOTE = "comfy_quant"
"""The tensor beside a layer's weight that holds JSON about it."""
_METADATA = "_quantization_metadata"
_USUAL_GROUP = 256


class Format(NamedTuple):
    """A layer's format by ComfyUI's name, and how many inputs its rotation takes together (0: it is not rotated)."""

    name: str
    group: int = 0


def layer_formats(path: Path, header: Header) -> dict[str, Format]:
    """By the layer's whole name in the file: from the file's metadata, and from the notes beside its weights.

    ModelError for one that cannot be read.
    """
    noted = [name for name in header.shapes if name.rpartition(".")[2] == NOTE]
    try:
        told: Any = json_value(header.metadata.get(_METADATA, "{}")).get("layers", {})
        words: dict[str, Any] = dict(told)
        if noted:
            words |= {name.rpartition(".")[0]: json_value(_bytes(path, name)) for name in noted}
        return {layer: _format(each) for layer, each in words.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise ModelError(f"{path.name} says in a way that is not known here how it is quantised: {error}.") from error


def _bytes(path: Path, name: str) -> bytes:
    from safetensors import safe_open

    library: Any = safe_open
    with library(path, "pt") as file:
        return file.get_tensor(name).numpy().tobytes()


def _format(words: Mapping[str, Any]) -> Format:
    inner = words.get("params", {})
    more: Mapping[str, Any] = cast(Mapping[str, Any], inner) if isinstance(inner, Mapping) else dict[str, Any]()
    is_rotated = words.get("convrot", more.get("convrot", False))
    group = int(words.get("convrot_groupsize", more.get("convrot_groupsize", _USUAL_GROUP)))
    return Format(str(words.get("format", "")), group if is_rotated else 0)


def turned_back(weight: Tensor, group: int) -> Tensor:
    """The weight, fp32 (out, in), of which the file holds W Hᵀ in each group of inputs; H is its own inverse."""
    return rotated(weight, rotation(group, weight.dtype, weight.device))
