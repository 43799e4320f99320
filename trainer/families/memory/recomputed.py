"""Activations that are made anew in the backward pass, and what lies between blocks meanwhile."""

from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.utils import checkpoint as checkpointing

_SMALL = 2**20
"""Bytes below which a tensor stays: times and words of a picture, that all blocks share."""


def recompute(denoiser: Any, blocks: Collection[torch.nn.Module] | None, *, offloads: bool) -> None:
    """Let these blocks of a diffusers model (None: all that it has) keep nothing but their inputs, which `offloads`
    takes off the device."""
    library: Any = checkpointing
    # No layer here draws random numbers, so their state need not be kept for the second forward pass.
    again = partial(library.checkpoint, use_reentrant=False, preserve_rng_state=False)
    chosen = None if blocks is None else {id(block) for block in blocks}

    def run(block: torch.nn.Module, *inputs: Any) -> Any:
        if chosen is not None and id(block) not in chosen:
            return block(*inputs)
        with offloaded() if offloads else nullcontext():
            return again(block, *inputs)

    denoiser.enable_gradient_checkpointing(run)


def offloaded(least: int = _SMALL) -> AbstractContextManager[None]:
    """Inside, what is kept for the backward pass rests in the computer's memory, where it has `least` bytes."""
    hooks: Any = torch.autograd.graph
    return hooks.saved_tensors_hooks(partial(_away, least), _back)


def _away(least: int, tensor: Tensor) -> tuple[torch.device, Tensor]:
    if tensor.nbytes < least:
        return tensor.device, tensor
    away = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=tensor.is_cuda)
    # Waits: the device may reuse the memory as soon as this returns.
    away.copy_(tensor)
    return tensor.device, away


def _back(kept: tuple[torch.device, Tensor]) -> Tensor:
    device, tensor = kept
    return tensor.to(device, non_blocking=True)
