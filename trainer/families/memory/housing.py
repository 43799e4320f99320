"""How one denoiser lies in memory: each block is put in its place as soon as its weights are read."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ...errors import RecipeError
from ...runtime.ram import free_ram
from ..residence import Residence
from .blocks import Blocks, block_names, chosen_blocks
from .modulation import Modulation, RestingLinear, precompute, rest_modulation
from .packing import check_packing
from .quantised import quantise
from .recomputed import recompute
from .swap import SwappedBlocks
from .weights import resting_bytes


class Housing:
    """Of the denoiser that `outline` shows without weights, whose blocks are in `lists` in the order of their use, and
    what recomputes besides in `between`.

    RecipeError, before anything is loaded, for what cannot be.
    """

    def __init__(
        self,
        residence: Residence,
        outline: torch.nn.Module,
        lists: Sequence[str],
        modulation: Modulation | None,
        between: Sequence[str] = (),
    ) -> None:
        self._residence = residence
        self._device = torch.device(residence.device)
        self._modulation = modulation if residence.precompute_modulation else None
        self._blocks = chosen_blocks(block_names(outline, lists), residence, block_names(outline, between))
        check_packing(residence.quantization)
        _check_ram(residence, outline, self._blocks, self._modulation)

    def arrived(self, name: str, block: torch.nn.Module) -> None:
        """A block's weights are there, on the CPU: pack them, and take them where they are to be."""
        if name not in self._blocks.names:
            return
        if self._modulation:
            rest_modulation(block, name, self._modulation)
        if self._residence.quantization != "none":
            quantise(block, self._residence.quantization, self._device)
        if name in self._blocks.swapped:
            _moved(block, torch.device("cpu"))
        else:
            _moved(block, self._device)

    def settle(self, denoiser: Any) -> None:
        """All has arrived: let blocks be swapped and recomputed."""
        modules = {name: denoiser.get_submodule(name) for name in self._blocks.names}
        if self._modulation:
            resting = [module for module in denoiser.modules() if isinstance(module, RestingLinear)]
            precompute(denoiser, resting, self._modulation)
        if self._blocks.swapped:
            swapped = SwappedBlocks(self._device)
            for name in self._blocks.swapped:
                _mark(modules[name], self._device)
                swapped.add(modules[name], list(_tensors(modules[name])))
        if self._residence.gradient_checkpointing:
            again = (*self._blocks.recomputed, *self._blocks.between)
            is_all = len(self._blocks.recomputed) == len(self._blocks.names)
            chosen = None if is_all else [denoiser.get_submodule(name) for name in again]
            recompute(
                denoiser,
                chosen,
                offloads=self._residence.offload_activations,
                keeps_attention=self._residence.keep_attention,
            )

    def move(self, denoiser: torch.nn.Module, device: torch.device) -> None:
        """What does not rest elsewhere."""
        _moved(denoiser, device, without={id(denoiser.get_submodule(name)) for name in self._blocks.swapped})


def _tensors(module: torch.nn.Module) -> Iterator[Tensor]:
    """Of a block, without those that never leave the computer's memory."""
    for part in module.modules():
        if not isinstance(part, RestingLinear):
            own: list[Tensor | None] = [*part._parameters.values(), *part._buffers.values()]  # pyright: ignore[reportPrivateUsage]
            yield from (tensor for tensor in own if tensor is not None)


def _moved(module: torch.nn.Module, device: torch.device, without: frozenset[int] | set[int] = frozenset()) -> None:
    if id(module) in without or isinstance(module, RestingLinear):
        return
    for child in module.children():
        _moved(child, device, without)
    part: Any = module
    part._apply(partial(torch.Tensor.to, device=device), recurse=False)


def _mark(block: torch.nn.Module, device: torch.device) -> None:
    """Say of each layer where it works, since its weights tell where they rest."""
    for module in block.modules():
        if isinstance(module, torch.nn.Linear):
            module.works_on = device  # pyright: ignore[reportArgumentType]


def _check_ram(residence: Residence, outline: torch.nn.Module, blocks: Blocks, modulation: Modulation | None) -> None:
    needed, free = resting_bytes(residence, outline, blocks, modulation), free_ram()
    if free is not None and needed > free:
        raise RecipeError(
            f"What rests in the computer's memory needs {needed / 2**30:.1f} GiB, and {free / 2**30:.1f} GiB are free. "
            f"Close other programs, use fewer than {len(blocks.swapped)} swapped_blocks, or a quantization with fewer "
            "bits."
        )
