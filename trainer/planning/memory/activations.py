"""What a step keeps besides weights, measured on a base of shapes alone with one block of each list, or twice that."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ...families.base import Base
from ...families.flow.family import FlowFamily
from ...families.options import FamilyOptions
from ...families.registry import load_family
from ...families.residence import Residence
from ...lora.adapter import Adapter
from ...recipe.buckets import Placement, Size
from ...recipe.recipe import Recipe
from .tracked import Tracked, flash_attention


@dataclass(frozen=True)
class List:
    """One list of a denoiser's blocks: how many, bytes that each keeps free and recomputed, numbers that learn in
    each."""

    count: int
    free: int
    recomputed: int
    learns: int


@dataclass(frozen=True)
class Activations:
    """`outside` is kept besides the blocks, `work` is there while one block is worked on."""

    lists: tuple[List, ...]
    outside: int
    work: int

    def kept(self, recomputed: int, *, is_offloaded: bool) -> int:
        """Bytes at the end of a forward pass whose first blocks are recomputed."""
        whole = self.outside
        for each in self.lists:
            again = min(recomputed, each.count)
            recomputed -= again
            whole += (each.count - again) * each.free + (0 if is_offloaded else again * each.recomputed)
        return whole


def measure_activations(base: Base, recipe: Recipe, size: Size, pictures: int = 1) -> Activations | None:
    """For so many pictures of a bucket at once; None for a base whose captions' shapes are not told."""
    residence = Residence(device="meta", precision=recipe.memory.precision, gradient_checkpointing=True)
    family = load_family(base, residence, FamilyOptions.of(recipe))
    if not isinstance(family, FlowFamily) or family.blank_condition() is None or not family.spec.blocks:
        return None
    blocks = _Blocks(family, recipe, pictures)
    again = blocks.sizes(size)
    family.denoiser.disable_gradient_checkpointing()
    free = blocks.sizes(size)
    lists = [
        List(len(whole), free.each[place], again.each[place], blocks.learns(name))
        for place, (name, whole) in enumerate(blocks.whole.items())
    ]
    return Activations(tuple(lists), again.outside, again.work)


@dataclass(frozen=True)
class _Sizes:
    """Bytes that a block of each list keeps, that are kept besides, and that are there while one is worked on."""

    each: tuple[int, ...]
    outside: int
    work: int


class _Blocks:
    """A base of shapes, of whose lists one block is left, as often as is wanted, with a LoRA on what is left."""

    def __init__(self, family: FlowFamily, recipe: Recipe, pictures: int) -> None:
        self._family, self._pictures = family, pictures
        denoiser = family.denoiser
        self.whole: dict[str, Any] = {name: denoiser.get_submodule(name) for name in family.spec.blocks}
        self._cut([1] * len(self.whole))
        self._adapter = Adapter(family, family.lora_targets(recipe.lora.targets), recipe.lora, seed=0)

    def learns(self, name: str) -> int:
        start = f"{self._family.spec.denoiser}.{name}.0."
        layers = [layer for address, layer in self._adapter.layers.items() if address.startswith(start)]
        return sum(weight.numel() for layer in layers for weight in layer.weights())

    def sizes(self, size: Size) -> _Sizes:
        """From one block of each list, and from one more of each in turn."""
        ones = [1] * len(self.whole)
        kept, work = self._step(ones, size, learns=True)
        more = [
            self._step([n + (other == place) for other, n in enumerate(ones)], size)[0] for place in range(len(ones))
        ]
        each = tuple(number - kept for number in more)
        return _Sizes(each, kept - sum(each), work)

    def _step(self, counts: Sequence[int], size: Size, *, learns: bool = False) -> tuple[int, int]:
        """Bytes kept at the end of the forward pass, and how many more there were at the most, backward pass and all
        where it `learns`."""
        self._cut(counts)
        spec, batch = self._family.spec, self._pictures
        blank = self._family.blank_condition()
        assert blank is not None
        place = Placement(original=size, scaled=size, crop=(0, 0), bucket=size)
        with flash_attention(), Tracked(self._family.denoiser) as tracked, torch.enable_grad():
            sides = (side // spec.latent_factor for side in reversed(size))
            noisy = torch.empty(batch, spec.latent_channels, *sides, device="meta")
            time = torch.empty(batch, device="meta")
            answer: Any = self._family.predict(noisy, time, [blank] * batch, [place] * batch)
            kept = tracked.now
            if learns:
                answer.float().square().mean().backward()
        # Gradients are counted with what learns.
        for weight in self._adapter.parameters((spec.denoiser,)):
            weight.grad = None
        return kept, tracked.peak - kept

    def _cut(self, counts: Sequence[int]) -> None:
        for (name, whole), count in zip(self.whole.items(), counts, strict=True):
            parent, _, last = name.rpartition(".")
            setattr(self._family.denoiser.get_submodule(parent), last, torch.nn.ModuleList([next(iter(whole))] * count))
