"""What the pass over pictures and captions needs, before the denoiser is loaded."""

import re
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path

from ...families.base import FOLDER, Base
from ...families.memory.packing import PACKINGS
from ...families.spec import FamilySpec
from ...recipe.buckets import Size
from ...recipe.memory import Memory
from ...storage.tensor_header import read_header

_BLOCK = re.compile(r"(?:block|layers)\.\d+\.")
_SMALL = 10**9
"""Numbers below which an encoder, a CLIP, stays in fp32 and whole."""
_CHANNELS, _LAYERS, _FP32 = 128, 4, 4
"""An autoencoder's widest layer has the picture's own size and so many channels; so many such tensors live at once."""
_AUTOENCODER = 340 * 10**6
"""Bytes of the autoencoder that all families here have."""


def caching_bytes(base: Base, spec: FamilySpec, memory: Memory, size: Size) -> int:
    """Text encoders, and the autoencoder at work on one picture of that size."""
    text = sum(_encoder_bytes(shapes, memory) for shapes in _encoders(base, spec))
    return text + _AUTOENCODER + prod(size) * _CHANNELS * _LAYERS * _FP32


def _encoders(base: Base, spec: FamilySpec) -> Iterator[Mapping[str, tuple[int, ...]]]:
    """Shapes of each text encoder; none where they lie in one file with the rest."""
    if FOLDER in base.files:
        for folder in sorted(base.path.glob("text_encoder*")):
            yield _shapes(sorted(folder.glob("*.safetensors")))
        return
    names = {part.name for part in spec.file_parts if part.folder == "text_encoders" and not part.is_optional}
    for name in names & set(base.files):
        yield _shapes([base.files[name]])


def _shapes(paths: list[Path]) -> dict[str, tuple[int, ...]]:
    return {name: shape for path in paths for name, shape in read_header(path).shapes.items()}


def _encoder_bytes(shapes: Mapping[str, tuple[int, ...]], memory: Memory) -> int:
    count = sum(map(prod, shapes.values()))
    if count < _SMALL:
        return count * _FP32
    each = _FP32 if memory.precision == "fp32" else 2
    if memory.text_quantization == "none":
        return count * each
    packed = sum(prod(shape) for name, shape in shapes.items() if len(shape) == 2 and _BLOCK.search(name))
    return (count - packed) * each + round(packed * PACKINGS[memory.text_quantization].bits / 8)
