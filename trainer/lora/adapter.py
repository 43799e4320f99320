"""The adapter in training: on a frozen base's layers, and gone without a trace when detached."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from ..families.family import Family
from ..recipe.lora import Lora
from ..storage.seeding import random_source
from .layers.layer import AdapterLayer, Switch
from .layers.lokr import LokrLayer, blocks
from .layers.lora import DoraLayer, LoraLayer


class Adapter:
    """A layer of `lora`'s kind at each address, fp32, drawn from `seed` in the order of the addresses."""

    def __init__(self, family: Family, addresses: Sequence[str], lora: Lora, seed: int) -> None:
        self._family = family
        self._switch = Switch()
        self._rank = lora.rank if lora.rank_by_timestep else 0
        source = random_source(seed, "lora")
        self.layers: dict[str, AdapterLayer] = {}
        for address in addresses:
            layer = _layer(family.module(address), lora, self._switch)
            layer.start(source)
            family.replace(address, layer)
            self.layers[address] = layer

    def parameters(self, parts: Sequence[str]) -> list[torch.nn.Parameter]:
        """Trained weights of the layers in these parts, in the order of the addresses."""
        return [
            weight
            for address, layer in self.layers.items()
            if address.partition(".")[0] in parts
            for weight in layer.parameters()
            if weight.requires_grad
        ]

    @contextmanager
    def off(self) -> Generator[None]:
        """Inside, the base answers as if there were no adapter."""
        self._switch.is_on = False
        try:
            yield
        finally:
            self._switch.is_on = True

    @contextmanager
    def at(self, time: Tensor) -> Generator[None]:
        """Inside, each of n pictures has the ranks of its time, (n,) from 0 to 1 (noise); all of them otherwise.

        ⌊(rank − rank / 2) (1 − t)⌋ + rank / 2 of them (T-LoRA, Soboleva et al. 2025, equation 5).
        """
        if self._rank:
            least = self._rank // 2
            speaking = ((self._rank - least) * (1 - time.float())).floor() + least
            ranks = torch.arange(self._rank)[None] < speaking[:, None]
            self._switch.ranks = ranks.float().to(self._family.device)
        try:
            yield
        finally:
            self._switch.ranks = None

    def square_norm(self) -> Tensor:
        """Squared Frobenius norm of all changes together, 0-d, with gradient."""
        return torch.stack([layer.square_norm() for layer in self.layers.values()]).sum()

    def detach(self) -> None:
        """Put the base's own layers back."""
        for address, layer in self.layers.items():
            self._family.replace(address, layer.base_layer)


def _layer(base: torch.nn.Module, lora: Lora, switch: Switch) -> AdapterLayer:
    is_spatial = isinstance(base, torch.nn.Conv2d) and base.kernel_size != (1, 1)
    rank = lora.conv_rank or lora.rank if is_spatial else lora.rank
    alpha = lora.conv_alpha or lora.alpha if is_spatial else lora.alpha
    if lora.kind == "lokr":
        return LokrLayer(base, blocks(_weight(base), rank, lora.factor), alpha, switch)
    kind = DoraLayer if lora.kind == "dora" else LoraLayer
    return kind(base, rank, alpha, switch)


def _weight(layer: torch.nn.Module) -> Tensor:
    assert isinstance(layer.weight, Tensor)
    return layer.weight
