"""A base of shapes alone: the library's real classes on the meta device, with the recipe's adapter.

Of a long list of equal blocks four are kept: the first two, the last, and one that stands for all between them.
"""

from collections.abc import Iterator
from functools import cached_property
from math import prod
from typing import Any

import torch
from torch import Tensor

from ...families.base import Base
from ...families.family import Family
from ...families.layer_names import modules_by_name
from ...families.memory.blocks import block_names
from ...families.memory.modulation import RestingLinear, precompute, rest_modulation
from ...families.memory.quantised import quantise
from ...families.memory.recomputed import recompute
from ...families.options import FamilyOptions
from ...families.registry import load_family
from ...families.residence import Residence
from ...lora.adapter import Adapter
from ...recipe.recipe import Recipe
from .tracked import Tracked

_KEPT, _TWIN = 4, 2
"""Blocks that are kept of a list, and the place of the one with equals. The second has what the first let go."""
_META = torch.device("meta")


class ShapedModel:
    """A recipe's denoiser, packed as it says, and its adapter."""

    def __init__(self, base: Base, recipe: Recipe) -> None:
        memory = recipe.memory
        residence = Residence(device="meta", precision=memory.precision)
        self.recipe = recipe
        self.family: Family = load_family(base, residence, FamilyOptions.of(recipe))
        self.spec = self.family.spec
        self.dtype = residence.dtype
        self._counts = _shortened(self.family.outline(f"{self.spec.denoiser}."))
        self.denoiser: Any = self.family.denoiser
        self.packing = 0
        """Most bytes that come and go while a block is packed."""
        self._pack()
        self._again = _again(self.denoiser, keeps_attention=memory.keep_attention)
        self.adapter = Adapter(self.family, self.family.lora_targets(recipe.lora.targets), recipe.lora, seed=0)
        for weight in self.learned:
            weight.grad = torch.zeros_like(weight)

    @property
    def learned(self) -> list[torch.nn.Parameter]:
        return self.adapter.parameters((self.spec.denoiser,))

    @property
    def own(self) -> Iterator[Tensor]:
        """All that is there before a step: weights, what is learned, and gradients."""
        yield from self.denoiser.parameters()
        yield from self.denoiser.buffers()
        yield from (weight.grad for weight in self.learned if weight.grad is not None)

    @cached_property
    def learns(self) -> int:
        """Numbers that are learned in the whole denoiser."""
        start = f"{self.spec.denoiser}."
        return sum(
            weight.numel() * self._times(address.removeprefix(start))
            for address, layer in self.adapter.layers.items()
            for weight in layer.weights()
        )

    @cached_property
    def weights(self) -> int:
        """Bytes of the whole denoiser's own weights on the device."""
        return sum(size * self._times(name) for name, size in self._sizes)

    @cached_property
    def block_bytes(self) -> dict[str, int]:
        """The same of each of its blocks, in the order of their use."""
        found: dict[str, int] = {}
        for block in block_names(self.denoiser, self.spec.blocks):
            size = sum(size for name, size in self._sizes if f"{name}.".startswith(f"{block}."))
            found |= dict.fromkeys(self.names(block), size)
        return found

    @cached_property
    def _sizes(self) -> list[tuple[str, int]]:
        """Bytes of each module's own weights, those that learn left out."""
        taught = {id(weight) for weight in self.learned}
        found: list[tuple[str, int]] = []
        for name, part in modules_by_name(self.denoiser):
            if not isinstance(part, RestingLinear):
                own: list[Tensor | None] = [*part._parameters.values(), *part._buffers.values()]  # pyright: ignore[reportPrivateUsage]
                found.append((name, sum(each.nbytes for each in own if each is not None and id(each) not in taught)))
        return found

    def _times(self, name: str) -> int:
        """How many modules of the whole denoiser the one of that name stands for."""
        twins = {f"{path}.{_TWIN}.": count - _KEPT + 1 for path, count in self._counts.items()}
        return prod(count for path, count in twins.items() if f"{name}.".startswith(path))

    def names(self, name: str) -> list[str]:
        """Of the modules in the whole denoiser that the one of that name stands for."""
        for path, count in self._counts.items():
            if name == f"{path}.{_TWIN}":
                return [f"{path}.{number}" for number in range(_TWIN, count - 1)]
            if name == f"{path}.{_KEPT - 1}":
                return [f"{path}.{count - 1}"]
        return [name]

    def recomputed(self, block: torch.nn.Module, *inputs: Any) -> Any:
        """The block's answer, whose activations are made anew in the backward pass as in a run."""
        return self._again(block, *inputs)

    def _pack(self) -> None:
        memory = self.recipe.memory
        modulation = self.spec.modulation if memory.precompute_modulation else None
        for name in block_names(self.denoiser, self.spec.blocks):
            block = self.denoiser.get_submodule(name)
            if modulation:
                rest_modulation(block, name, modulation)
            if memory.quantization != "none":
                self.packing = max(self.packing, _packed(block, memory.quantization))
        if modulation:
            resting = [part for part in self.denoiser.modules() if isinstance(part, RestingLinear)]
            precompute(self.denoiser, resting, modulation)


def _packed(block: torch.nn.Module, kind: str) -> int:
    """Pack a block; most bytes that it took besides what it left, the largest of its matrices whole among them."""
    linears = [part for part in block.modules() if isinstance(part, torch.nn.Linear)]
    whole = max((part.weight.nbytes for part in linears), default=0)
    with Tracked(()) as tracked:
        quantise(block, kind, _META)
    return whole + tracked.peak - tracked.now


def _shortened(model: torch.nn.Module) -> dict[str, int]:
    """Leaves three of each longer list of equal modules; how many there were, by the list's name."""
    lists = [(name, part) for name, part in modules_by_name(model) if isinstance(part, torch.nn.ModuleList)]
    found: dict[str, int] = {}
    for name, part in lists:
        if len(part) > _KEPT and len({_kind(each) for each in part}) == 1:
            found[name] = len(part)
            model.set_submodule(name, torch.nn.ModuleList([*part[: _KEPT - 1], part[len(part) - 1]]))
    return found


def _again(denoiser: Any, *, keeps_attention: bool) -> Any:
    """What a run lets blocks recompute with."""
    recompute(denoiser, None, offloads=False, keeps_attention=keeps_attention)
    every: list[Any] = [getattr(part, "_gradient_checkpointing_func", None) for part in denoiser.modules()]
    return next(each for each in every if each is not None)


def _kind(module: torch.nn.Module) -> tuple[Any, ...]:
    return type(module), *((name, weight.shape) for name, weight in module.named_parameters())
