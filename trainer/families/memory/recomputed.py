"""Activations that are made anew in the backward pass, and what lies between blocks meanwhile."""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from functools import cache, partial
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils import checkpoint as checkpointing

_SMALL = 2**20
"""Bytes below which a tensor stays: times and words of a picture, that all blocks share."""


Through = Callable[..., Any]
"""Takes a block and its inputs through it."""
_KEPT = (
    *("flash_attention", "flash_attention_for_cpu", "efficient_attention", "cudnn_attention"),
    "fused_attention_overrideable",
)


def plainly(block: torch.nn.Module, *inputs: Any) -> Any:
    return block(*inputs)


def recompute(
    denoiser: Any,
    blocks: Collection[torch.nn.Module] | None,
    *,
    offloads: bool,
    keeps_attention: bool = False,
    through: Through = plainly,
) -> None:
    """Let these blocks of a diffusers model (None: all that it has) keep nothing but their inputs, which `offloads`
    takes off the device, and what attention answered where that is kept.

    All blocks are gone `through` so wherever something learns, and plainly otherwise: no kernel is made for drawing.
    """
    library: Any = checkpointing
    # No layer here draws random numbers, so their state need not be kept for the second forward pass.
    again = partial(library.checkpoint, use_reentrant=False, preserve_rng_state=False)
    if keeps_attention:
        again = partial(again, context_fn=partial(library.create_selective_checkpoint_contexts, _keeps_attention))
    chosen = None if blocks is None else {id(block) for block in blocks}

    def run(block: torch.nn.Module, *inputs: Any) -> Any:
        if chosen is not None and id(block) not in chosen:
            return through(block, *inputs)
        with offloaded() if offloads else nullcontext():
            return again(through, block, *inputs)

    denoiser.enable_gradient_checkpointing(run)


def _keeps_attention(_: Any, operation: Any, *inputs: Any, **options: Any) -> Any:
    policy: Any = checkpointing
    is_kept = operation in _attention()
    return policy.CheckpointPolicy.MUST_SAVE if is_kept else policy.CheckpointPolicy.PREFER_RECOMPUTE


@cache
def _attention() -> frozenset[Any]:
    """Every kernel of torch's attention that is an operation of its own. What it is made of elsewhere is recomputed."""
    operations: Any = torch.ops.aten
    named = [getattr(operations, f"_scaled_dot_product_{name}", None) for name in _KEPT]
    return frozenset(operation.default for operation in named if operation is not None)


def offloaded(least: int = _SMALL) -> AbstractContextManager[None]:
    """Inside, what is kept for the backward pass rests in the computer's memory, where it has `least` bytes."""
    hooks: Any = torch.autograd.graph
    return hooks.saved_tensors_hooks(partial(_away, least), _back)


class _Away(NamedTuple):
    """Where a tensor was and a copy of it; `whole` happens when a GPU has written all of it."""

    device: torch.device
    copy: Tensor
    whole: Any = None


def _away(least: int, tensor: Tensor) -> _Away:
    if tensor.nbytes < least:
        return _Away(tensor.device, tensor)
    copy = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=tensor.is_cuda)
    if not tensor.is_cuda:
        return _Away(tensor.device, copy.copy_(tensor))
    stream = _copies(tensor.device)
    stream.wait_stream(torch.cuda.current_stream(tensor.device))
    with torch.cuda.stream(stream):
        copy.copy_(tensor, non_blocking=True)
        # The memory is not given to another tensor before it is read.
        tensor.record_stream(stream)
        return _Away(tensor.device, copy, stream.record_event())


def _back(kept: _Away) -> Tensor:
    if kept.whole is not None:
        torch.cuda.current_stream(kept.device).wait_event(kept.whole)
    return kept.copy.to(kept.device, non_blocking=True)


@cache
def _copies(device: torch.device) -> Any:
    """The stream of all copies off a GPU, which computes meanwhile."""
    return torch.cuda.Stream(device)
