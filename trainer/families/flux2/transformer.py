"""FLUX.2's transformer and autoencoder in diffusers' classes, and from files in Black Forest Labs' names."""

from collections.abc import Callable, Mapping
from typing import Any

import torch

from ..flow.filled import Arrived, filled
from ..flow.native import native_place
from ..flow.tensors import Place, StoredTensors
from ..ldm_vae import vae_keys
from .names import native
from .shapes import autoencoder_config, transformer_config

_MOVED = {
    "quant_conv.": "encoder.quant_conv.",
    "post_quant_conv.": "decoder.post_quant_conv.",
}
"""BFL have the two 1 × 1 convolutions inside of encoder and decoder."""


def make_transformer(config: Mapping[str, Any]) -> Any:
    """With the library's own random weights."""
    from diffusers.models.transformers.transformer_flux2 import Flux2Transformer2DModel

    kind: Any = Flux2Transformer2DModel
    return kind(**config)


def load_transformer(stored: StoredTensors, dtype: torch.dtype, arrived: Arrived | None = None) -> Any:
    """Of a file in BFL's names."""
    config = transformer_config(stored.shapes)
    width = int(config["num_attention_heads"]) * int(config["attention_head_dim"])

    def place(name: str) -> Place:
        return native_place(name, native(name.rpartition(".")[0]), width, stored.shapes)

    return filled(lambda: make_transformer(config), stored, place, dtype, "transformer", arrived)


def load_autoencoder(stored: StoredTensors) -> Any:
    """Of a file in BFL's names, in fp32."""
    theirs = {_plain(name): name for name in stored.shapes}
    config = autoencoder_config({plain: stored.shapes[name] for plain, name in theirs.items()})
    keys = vae_keys([name for name in theirs if not name.startswith("bn.")], config)

    def place(name: str) -> Place:
        plain = keys.get(name, name)
        return Place(theirs.get(plain, plain))

    return filled(make_autoencoder(config), stored, place, torch.float32, "VAE")


def make_autoencoder(config: Mapping[str, Any]) -> Callable[[], Any]:
    """One that is only used: it counts no batches."""

    def make() -> Any:
        from diffusers.models.autoencoders.autoencoder_kl_flux2 import AutoencoderKLFlux2

        kind: Any = AutoencoderKLFlux2
        model = kind(**config)
        model.bn.num_batches_tracked = None
        return model

    return make


def _plain(name: str) -> str:
    return next((ours + name[len(theirs) :] for ours, theirs in _MOVED.items() if name.startswith(theirs)), name)
