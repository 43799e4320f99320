"""What a run needs of a GPU, part by part, and which settings fit which card."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from ...families.base import Base
from ...families.memory.blocks import Blocks, block_names, chosen_blocks
from ...families.memory.modulation import Modulation
from ...families.memory.weights import block_bytes, module_bytes
from ...families.registry import load_family, spec_of
from ...families.residence import Residence
from ...families.spec import FamilySpec
from ...recipe.buckets import Size
from ...recipe.memory import Memory
from ...recipe.recipe import Recipe
from .activations import Activations, measure_activations
from .encoders import caching_bytes

CARDS = (8, 12, 16, 24)
"""GB, as cards are sold."""
_LARGE = 10**8
"""Numbers of a denoiser below which nothing need be counted."""
_RING = 2
_CONTEXT = round(0.6 * 2**30)
"""What CUDA and its libraries take for themselves."""
_SPARE = 1.03
"""Memory that is cut up badly."""
_STATE = {"adamw": 8, "adamw8bit": 2, "paged_adamw8bit": 0, "lion8bit": 1, "adafactor": 0, "prodigy": 16}
"""Bytes of optimizer state for one number that learns: 8 where nothing is said."""


@dataclass(frozen=True, kw_only=True)
class GpuMemory:
    """Bytes on the GPU in training, and at the most while pictures and captions are encoded."""

    weights: int
    lora: int
    activations: int
    caching: int

    @property
    def training(self) -> int:
        return round((self.weights + self.lora + self.activations) * _SPARE) + _CONTEXT

    @property
    def peak(self) -> int:
        return max(self.training, self.caching)


class GpuPlan:
    """Estimates for one base, recipe and largest bucket, whatever way the base lies in memory."""

    def __init__(self, base: Base, recipe: Recipe, size: Size, activations: Activations) -> None:
        self._base, self._recipe, self._size, self._activations = base, recipe, size, activations
        self._spec: FamilySpec = spec_of(base)
        self._outline = _outline(base)

    @classmethod
    def of(cls, base: Base, recipe: Recipe, size: Size, *, beside: bool = False) -> "GpuPlan | None":
        """None for a base that has no little memory, and for one so small that any card holds it; `beside` each picture
        one of others is shown."""
        if not spec_of(base).blocks or sum(weight.numel() for weight in _outline(base).parameters()) < _LARGE:
            return None
        activations = measure_activations(base, recipe, size, recipe.schedule.batch * (2 if beside else 1))
        return None if activations is None else cls(base, recipe, size, activations)

    def memory(self, memory: Memory | None = None) -> GpuMemory:
        """With these settings, the recipe's own where none are given."""
        memory = memory or self._recipe.memory
        residence = Residence.of(memory, "meta")
        blocks = chosen_blocks(block_names(self._outline, self._spec.blocks), residence)
        kept = self._activations.kept(len(blocks.recomputed), is_offloaded=memory.offload_activations)
        return GpuMemory(
            weights=self._weights(residence, blocks),
            lora=self._lora(),
            activations=kept + self._activations.work + self._unpacked(residence),
            caching=caching_bytes(self._base, self._spec, memory, self._size) + _CONTEXT,
        )

    def fitting(self, card: int) -> Memory | None:
        """The first settings, the fastest first, with which a card of `card` GB will do; None for none."""
        usable = card * 10**9 * 0.98
        return next((memory for memory in self._ladder() if self.memory(memory).peak <= usable), None)

    def _ladder(self) -> Iterator[Memory]:
        base = Memory(precision="bf16")
        yield base
        yield replace(base, quantization="int8", text_quantization="int8")
        packed = replace(base, quantization="nf4", text_quantization="nf4")
        yield packed
        if self._modulation:
            packed = replace(packed, precompute_modulation=True)
            yield packed
        count = len(block_names(self._outline, self._spec.blocks))
        for share in (0.25, 0.5, 0.75, 1.0):
            yield replace(packed, swapped_blocks=max(3, round(count * share)))
        yield replace(packed, swapped_blocks=count, offload_activations=True)

    @property
    def _modulation(self) -> Modulation | None:
        """Where its layers learn nothing."""
        found = self._spec.modulation
        return found if found and self._recipe.lora.targets not in found.targets else None

    def _weights(self, residence: Residence, blocks: Blocks) -> int:
        """On the device: all but what rests, and the two buffers of the ring."""
        modulation = self._spec.modulation if residence.precompute_modulation else None
        sizes = {
            name: block_bytes(self._outline.get_submodule(name), name, residence, modulation) for name in blocks.names
        }
        swapped = [sizes[name] for name in blocks.swapped]
        outside = module_bytes(self._outline, "none", residence.dtype) - sum(
            module_bytes(self._outline.get_submodule(name), "none", residence.dtype) for name in blocks.names
        )
        ring = _RING * max(swapped, default=0)
        return outside + sum(sizes.values()) - sum(swapped) + min(ring, sum(swapped))

    def _unpacked(self, residence: Residence) -> int:
        """The largest matrix, in the precision that is computed in, where it rests packed."""
        if residence.quantization == "none":
            return 0
        linears = (part for part in self._outline.modules() if isinstance(part, torch.nn.Linear))
        return max(part.weight.numel() for part in linears) * residence.dtype.itemsize

    def _lora(self) -> int:
        """Weights and gradients in fp32, and what the optimizer keeps of them."""
        optim = self._recipe.optim
        each = 8 + _STATE.get(optim.optimizer, 8) + (4 if optim.ema_decay else 0)
        return each * sum(one.count * one.learns for one in self._activations.lists)


def _outline(base: Base) -> torch.nn.Module:
    return load_family(base, Residence(device="meta")).outline(f"{spec_of(base).denoiser}.")


def gpu_lines(plan: GpuPlan) -> Sequence[str]:
    """In words: this recipe, and what cards of the usual sizes need."""
    here = plan.memory()
    parts = f"base {_size(here.weights)}, LoRA and optimizer {_size(here.lora)}, activations {_size(here.activations)}"
    cards = ", ".join(f"{card} GB: {settings_in_words(plan.fitting(card))}" for card in CARDS)
    return (
        f"GPU memory by the base's sizes: about {_size(here.training)} in training ({parts}) and "
        f"{_size(here.caching)} while pictures and captions are encoded.",
        f"What a card needs, by the same count: {cards}.",
    )


def settings_in_words(memory: Memory | None) -> str:
    """As the recipe's fields are called."""
    if memory is None:
        return "too small"
    said: list[str] = []
    if memory.quantization != "none":
        said.append(f"quantization {memory.quantization}")
    if memory.precompute_modulation:
        said.append("precompute_modulation")
    if memory.swapped_blocks:
        said.append(f"{memory.swapped_blocks} swapped_blocks")
    if memory.offload_activations:
        said.append("offload_activations")
    return " with ".join((said[0], " and ".join(said[1:]))) if len(said) > 1 else (said or ["nothing packed"])[0]


def too_small(plan: GpuPlan | None, device: str) -> Sequence[str]:
    """A warning, where the GPU at hand is smaller than what the recipe needs by its base's sizes."""
    if plan is None or not device.startswith("cuda"):
        return ()
    cuda: Any = torch.cuda
    here, needed = int(cuda.get_device_properties(device).total_memory), plan.memory().peak
    if needed <= here:
        return ()
    found = plan.fitting(here // 10**9)
    advice = "Choose a smaller base" if found is None else f"Use {settings_in_words(found)}"
    return (f"The run needs about {_size(needed)} of GPU memory, and {device} has {_size(here)}. {advice}.",)


def _size(size: float) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"
