"""Kernels made of the blocks that a denoiser repeats: regional compilation, once for all blocks of a class."""

import inspect
from collections.abc import Hashable
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from types import FunctionType
from typing import Any

import torch
from torch import Tensor

from ...errors import shortened
from ...recipe.memory import Memory

_LIMIT = 64
"""Graphs of one class of blocks: sizes of pictures and of batches, with gradients into a block and without."""
_ALIGNED = 16
"""Bytes at which kernels expect a weight to begin that they take for one that stays."""
_SAVED = 0.15
"""The share of a step that compilation saves at the least: 14 to 35 % were measured (musubi #722, OneTrainer #1114)."""
_MAKING = 60.0
"""Seconds for the graphs of one class, forward and backward, told with caution: others speak of minutes in all."""


def why_not_compiled(memory: Memory, device: str, denoiser: torch.nn.Module) -> str:
    """What speaks against it before it is tried; "" for nothing."""
    if memory.compile == "off":
        return "switched off"
    if memory.compile == "auto" and not device.startswith("cuda"):
        return "only GPUs gain by it"
    if not repeated(denoiser):
        return "this base has no blocks that repeat"
    if device.startswith("cuda") and find_spec("triton") is None:
        return "triton is not installed"
    if memory.swapped_blocks:
        return "swapped blocks change their place in every step"
    if any(weight.data_ptr() % _ALIGNED for block in repeated(denoiser) for weight in block.parameters()):
        return "the LoRA's weights lie at uneven places; a rank that 4 divides helps"
    return ""


def pays(seconds_left: float, classes: int) -> bool:
    """Whether a run of so many seconds wins back the time in which the blocks of so many classes are compiled."""
    return _SAVED * seconds_left > _MAKING * classes


def repeated(denoiser: torch.nn.Module) -> list[torch.nn.Module]:
    """Blocks of the classes that diffusers names for it."""
    names: Any = getattr(denoiser, "_repeated_blocks", None) or ()
    return [module for module in denoiser.modules() if type(module).__name__ in names]


class CompiledBlocks:
    """Takes a denoiser's blocks through what was compiled of them, adapters and all, and its other parts plainly.

    What cannot be compiled goes plainly from then on, and `fault` says why. Nothing is cast into the model: where it
    draws or is saved it is as it was.
    """

    def __init__(self, denoiser: torch.nn.Module, backend: str = "inductor") -> None:
        self._blocks = frozenset(repeated(denoiser))
        self._plain: set[Hashable] = set()
        self.fault = ""
        library: Any = torch
        # Compiled code hangs on the code object: one of its own goes when this goes, and no other run fills its limit.
        own = FunctionType(_through.__code__.replace(), _through.__globals__)
        limits = {"recompile_limit": _LIMIT} if "recompile_limit" in _parameters() else {}
        self._made = library.compile(own, fullgraph=True, backend=backend, **limits)
        self._failures = _failures()

    def __call__(self, block: torch.nn.Module, *inputs: Any) -> Any:
        if block not in self._blocks or (self._plain and _signature(block, inputs) in self._plain):
            return block(*inputs)
        try:
            with _limits():
                return self._made(block, *inputs)
        except self._failures as fault:
            # The second forward pass of a block that recomputes takes the same way by this.
            self._plain.add(_signature(block, inputs))
            self.fault = in_words(fault)
            return block(*inputs)


def _through(block: torch.nn.Module, *inputs: Any) -> Any:
    return block(*inputs)


def _limits() -> AbstractContextManager[object]:
    """Inside, as many graphs as are needed may be made, in this thread: dynamo's settings are each thread's own since
    torch 2.12, and a block recomputes in another. Nothing to do where the compiled function itself knows its limit."""
    if "recompile_limit" in _parameters():
        return nullcontext()
    dynamo: Any = torch._dynamo  # pyright: ignore[reportPrivateUsage]
    name = "recompile_limit" if hasattr(dynamo.config, "recompile_limit") else "cache_size_limit"
    return dynamo.config.patch(**{name: _LIMIT})


def in_words(fault: BaseException) -> str:
    """The first line that says what went wrong; compilers tell long stories, under the name of who raised it."""
    lines = [line.strip() for line in str(fault).splitlines() if line.strip() and not line.endswith("raised:")]
    return shortened(lines[0]) if lines else type(fault).__name__


def _parameters() -> frozenset[str]:
    library: Any = torch
    return frozenset(inspect.signature(library.compile).parameters)


def _failures() -> tuple[type[BaseException], ...]:
    """Of compilation, not of what is computed: a device whose memory is full says so itself."""
    dynamo: Any = torch._dynamo  # pyright: ignore[reportPrivateUsage]
    limit = getattr(dynamo.exc, "FailOnRecompileLimitHit", dynamo.exc.TorchDynamoException)
    return dynamo.exc.TorchDynamoException, limit


def _signature(block: torch.nn.Module, inputs: tuple[Any, ...]) -> Hashable:
    return type(block), tuple(tuple(each.shape) for each in inputs if isinstance(each, Tensor))
