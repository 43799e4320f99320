"""Text encoders and autoencoder of a base, from the headers of its files alone."""

import re
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import torch

from ...errors import ModelError
from ...families.base import FOLDER, Base
from ...families.codec import in_tiles
from ...families.flux2.shapes import autoencoder_config
from ...families.flux2.transformer import make_autoencoder
from ...families.ldm_vae import vae_config
from ...families.memory.packing import PACKINGS
from ...families.spec import FamilySpec
from ...recipe.buckets import Size
from ...recipe.memory import Memory
from ...storage.tensor_header import read_header
from ...storage.values import read_json
from .tracked import Tracked, flash_attention

Shapes = Mapping[str, tuple[int, ...]]

_LAYER = re.compile(r"(?:block|layers)\.(\d+)\.")
_SMALL = 10**9
"""Numbers below which an encoder, a CLIP, stays in fp32."""
_INSIDE = re.compile(r"(?:text_encoders\.[^.]+|conditioner\.embedders\.\d+|cond_stage_model)\.")
"""Begins the names of a text encoder's tensors in a file of everything."""
_VAES = ("first_stage_model.", "vae.")
_CAPTION = 512
_AT_ONCE = 6
"""Rows as wide as its widest matrix that an encoder has of a caption's words at once: less than it has in truth."""


@dataclass(frozen=True, kw_only=True)
class TextBytes:
    """Of all encoders together, which stand on the device together, and of the largest one's work on a caption."""

    weights: int
    work: int
    can_pack: bool
    """Whether any of them can be packed: all of Stable Diffusion's, and elsewhere the large ones."""


def text_bytes(base: Base, spec: FamilySpec, memory: Memory) -> TextBytes:
    every = [_as_loaded(shapes, spec) for shapes in _encoders(base, spec)]
    packed = [shapes for shapes in every if spec.text_parts or _count(shapes) >= _SMALL]
    return TextBytes(
        weights=sum(_encoder_bytes(shapes, memory, can_pack=shapes in packed) for shapes in every),
        work=max((_work(shapes, memory) for shapes in every), default=0),
        can_pack=bool(packed),
    )


def _encoders(base: Base, spec: FamilySpec) -> Iterator[Shapes]:
    if FOLDER in base.files:
        for folder in sorted(base.path.glob("text_encoder*")):
            yield _shapes(sorted(folder.glob("*.safetensors")))
        return
    names = {part.name for part in spec.file_parts if part.folder == "text_encoders" and not part.is_optional}
    for name in names & set(base.files):
        yield _shapes([base.files[name]])
    inside: dict[str, dict[str, tuple[int, ...]]] = {}
    for name, shape in read_header(base.path).shapes.items():
        if found := _INSIDE.match(name):
            inside.setdefault(found[0], {})[name] = shape
    yield from inside.values()


def _shapes(paths: list[Path]) -> Shapes:
    return {name: shape for path in paths for name, shape in read_header(path).shapes.items()}


def _as_loaded(shapes: Shapes, spec: FamilySpec) -> Shapes:
    """Without the layers behind the last one that is read."""
    layers = [int(found[1]) for name in shapes if (found := _LAYER.search(name))]
    last = spec.text_layers if spec.text_layers > 0 else max(layers, default=0) + 1 + spec.text_layers
    return {name: shape for name, shape in shapes.items() if not (found := _LAYER.search(name)) or int(found[1]) < last}


def _encoder_bytes(shapes: Shapes, memory: Memory, *, can_pack: bool) -> int:
    count = _count(shapes)
    each = _itemsize(count, memory)
    if memory.text_quantization == "none" or not can_pack:
        return count * each
    packed = sum(prod(shape) for name, shape in shapes.items() if len(shape) == 2 and _LAYER.search(name))
    return (count - packed) * each + round(packed * PACKINGS[memory.text_quantization].bits / 8)


def _work(shapes: Shapes, memory: Memory) -> int:
    """Of one caption."""
    widest = max((max(shape) for name, shape in shapes.items() if len(shape) == 2 and _LAYER.search(name)), default=0)
    each = _itemsize(_count(shapes), memory)
    largest = max((prod(shape) for name, shape in shapes.items() if len(shape) == 2 and _LAYER.search(name)), default=0)
    unpacked = 0 if memory.text_quantization == "none" else largest * each
    return _CAPTION * widest * _AT_ONCE * each + unpacked


def _count(shapes: Shapes) -> int:
    return sum(map(prod, shapes.values()))


def _itemsize(count: int, memory: Memory) -> int:
    return 4 if count < _SMALL or memory.precision == "fp32" else 2


class ShapedAutoencoder:
    """A base's autoencoder on the meta device, in fp32."""

    def __init__(self, base: Base) -> None:
        from accelerate import init_empty_weights  # pyright: ignore[reportMissingTypeStubs]

        with init_empty_weights(include_buffers=True):
            self._model: Any = _autoencoder(base)
        self._model.eval().requires_grad_(False)
        self.weights = sum(tensor.nbytes for tensor in self._own())

    def encoding(self, size: Size) -> int:
        """Most bytes besides its weights while one picture of that size is encoded."""
        return self._work(lambda: self._model.encode(torch.empty(1, 3, size[1], size[0], device="meta")))

    def decoding(self, size: Size, *, is_tiled: bool = False) -> int:
        """The same while latents become a picture of that size, in tiles where the GPU has no room for it whole."""
        config = self._model.config
        factor = 2 ** (len(config.block_out_channels) - 1)
        latent = (1, config.latent_channels, size[1] // factor, size[0] // factor)
        with in_tiles(self._model) if is_tiled else nullcontext():
            return self._work(lambda: self._model.decode(torch.empty(latent, device="meta"), return_dict=False))

    def _own(self) -> list[torch.Tensor]:
        return [*self._model.parameters(), *self._model.buffers()]

    def _work(self, ask: Any) -> int:
        with flash_attention(), torch.no_grad(), Tracked(self._own()) as tracked:
            ask()
        return tracked.peak


def _autoencoder(base: Base) -> Any:
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

    kind: Any = AutoencoderKL
    if FOLDER in base.files:
        config = read_json(base.path / "vae" / "config.json", ModelError)
        settings = {name: value for name, value in config.items() if not name.startswith("_")}
        return make_autoencoder(settings)() if "Flux2" in str(config.get("_class_name")) else kind(**settings)
    shapes = _vae_shapes(base)
    if any(name.startswith("bn.") for name in shapes):
        return make_autoencoder(autoencoder_config(_plain(shapes)))()
    return kind(**vae_config(shapes, 1.0))


def _plain(shapes: Shapes) -> Shapes:
    """Without the two convolutions that Black Forest Labs have inside of encoder and decoder."""
    moved = {"encoder.quant_conv.": "quant_conv.", "decoder.post_quant_conv.": "post_quant_conv."}
    return {
        next((new + name[len(old) :] for old, new in moved.items() if name.startswith(old)), name): shape
        for name, shape in shapes.items()
    }


def _vae_shapes(base: Base) -> Shapes:
    if "vae" in base.files:
        return read_header(base.files["vae"]).shapes
    found = read_header(base.path).shapes
    root = next((root for root in _VAES if any(name.startswith(root) for name in found)), "")
    return {name.removeprefix(root): shape for name, shape in found.items() if name.startswith(root)}
