"""The adapter in training: on a frozen base's layers, and gone without a trace when detached."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from ..families.condition import Condition
from ..families.family import Family
from ..families.flow.lengths import by_length
from ..recipe.lora import Lora
from ..recipe.recipe import Recipe
from ..runtime.reading import moved
from ..storage.seeding import random_source
from .layers.build import LayerShape, build_layers
from .layers.layer import AdapterState, LowRank, weight_shape
from .layers.lokr import Kronecker, blocks
from .mount import attach, detach


class Adapter:
    """A layer of `lora`'s kind at each address, fp32, drawn from `seed` in the order of the addresses."""

    def __init__(self, family: Family, addresses: Sequence[str], lora: Lora, seed: int) -> None:
        self._family = family
        self._state = AdapterState()
        self._rank = lora.rank if lora.rank_by_timestep else 0
        modules = {address: family.module(address) for address in addresses}
        self.layers = build_layers(
            {a: (module, layer_shape(module, lora)) for a, module in modules.items()}, self._state
        )
        source = random_source(seed, "lora")
        for layer in self.layers.values():
            layer.start(source)
        attach(family, self.layers)

    def parameters(self, parts: Sequence[str]) -> list[torch.nn.Parameter]:
        """Trained weights of the layers in these parts, in the order of the addresses."""
        return [
            weight
            for address, layer in self.layers.items()
            if address.partition(".")[0] in parts
            for weight in layer.weights()
        ]

    @contextmanager
    def off(self) -> Generator[None]:
        """Inside, the base answers as if there were no adapter."""
        self._enable(is_on=False)
        try:
            yield
        finally:
            self._enable(is_on=True)

    @contextmanager
    def at(self, time: Tensor) -> Generator[None]:
        """Inside, each of n pictures has the ranks of its time, (n,) from 0 to 1 (noise); all of them otherwise.

        ⌊(rank − rank / 2) (1 − t)⌋ + rank / 2 of them (T-LoRA, Soboleva et al. 2025, equation 5).
        """
        if self._rank:
            least = self._rank // 2
            speaking = ((self._rank - least) * (1 - time.float())).floor() + least
            ranks = torch.arange(self._rank)[None] < speaking[:, None]
            self._state.ranks = moved(ranks, self._family.device, torch.float32)
        try:
            yield
        finally:
            self._state.ranks = None

    def asked_at_once(self, count: int, told: Callable[[], Sequence[Condition]]) -> list[list[int]]:
        """Rows of a batch of `count` to ask about together, `at` their times: all of them, but one length of what is
        `told` after another where each picture has ranks of its own. There the denoiser parts a batch of several
        lengths, and a layer that is recomputed in the backward pass cannot tell whose part it sees."""
        if self._rank and not self._family.spec.trains_text:
            return [*by_length(told())]
        return [[*range(count)]]

    def square_norm(self) -> Tensor:
        """Squared Frobenius norm of all changes together, 0-d, with gradient."""
        return torch.stack([layer.square_norm() for layer in self.layers.values()]).sum()

    def detach(self) -> None:
        """Put the base's own layers back."""
        detach(self._family, self.layers)

    def _enable(self, *, is_on: bool) -> None:
        for layer in self.layers.values():
            layer.enable(is_on=is_on)


def trained_addresses(family: Family, recipe: Recipe) -> list[str]:
    """Addresses of all layers that a recipe trains, the denoiser's first."""
    text = family.text_targets() if recipe.text.encoder_lr else []
    return [*family.lora_targets(recipe.lora.targets), *text]


def layer_shape(base: torch.nn.Module, lora: Lora) -> LayerShape:
    """What a recipe's LoRA puts in front of a layer."""
    shape = weight_shape(base)
    is_spatial = shape[2:].numel() > 1
    rank = lora.conv_rank or lora.rank if is_spatial else lora.rank
    alpha = lora.conv_alpha or lora.alpha if is_spatial else lora.alpha
    if lora.kind == "lokr":
        return Kronecker(blocks(shape, rank, lora.factor), alpha)
    return LowRank(rank, alpha, is_dora=lora.kind == "dora")
