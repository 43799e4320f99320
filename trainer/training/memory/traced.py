"""One step of a base of shapes: a forward and a backward pass of the real class, watched block by block."""

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from ...recipe.buckets import Placement, Size
from .shaped import ShapedModel
from .timeline import Block, Span, Timeline, Turn
from .tracked import Tracked, flash_attention, place_of

_SMALL = 2**20
"""As `families.memory.recomputed` has it: what is smaller stays on the device."""


def traced_step(model: ShapedModel, size: Size, pictures: int) -> Timeline:
    """Of so many pictures of one bucket at once, all told captions of one length."""
    again, free = (_Pass(model, recomputes=way) for way in (True, False))
    again.run(size, pictures)
    free.run(size, pictures)
    blocks: list[Block] = []
    for one, other in zip(again.turns(), free.turns(), strict=True):
        names = model.names(one[0])
        blocks += [Block(name, free=other[1], recomputed=one[1]) for name in names]
    return Timeline(again.first, tuple(blocks), again.loss)


def answering_bytes(model: ShapedModel, size: Size, pictures: int) -> int:
    """Most bytes besides what is there before, where nothing is to be learned from the answer."""
    with flash_attention(), torch.no_grad(), Tracked(model.own) as tracked:
        asked(model, size, pictures)
    return tracked.peak


def asked(model: ShapedModel, size: Size, pictures: int) -> Tensor:
    """What the denoiser answers to noise of that size, (n, c, h, w), on the meta device."""
    family, spec = model.family, model.spec
    blank = family.blank_condition()
    assert blank is not None
    place = Placement(original=size, scaled=size, crop=(0, 0), bucket=size)
    sides = (side // spec.latent_factor for side in reversed(size))
    noisy = torch.empty(pictures, spec.latent_channels, *sides, device="meta")
    time = torch.empty(pictures, device="meta")
    return family.predict(noisy, time, [blank] * pictures, [place] * pictures)


@dataclass
class _Pass:
    """`first` is what comes before the first block, `loss` before the first one's backward pass."""

    model: ShapedModel
    recomputes: bool
    first: Span = field(default_factory=Span)
    loss: Span = field(default_factory=Span)

    def __post_init__(self) -> None:
        self._names = {id(part): name for name, part in self.model.denoiser.named_modules()}
        self._forward: dict[str, Span] = {}
        self._after: dict[str, Span] = {}
        self._backward: dict[str, Span] = {}
        self._inputs: dict[str, dict[int, int]] = {}
        self._now = ""

    def run(self, size: Size, pictures: int) -> None:
        denoiser = self.model.denoiser
        denoiser.enable_gradient_checkpointing(self._block)
        with flash_attention(), Tracked(self.model.own) as self._tracked, torch.enable_grad():
            answer = asked(self.model, size, pictures)
            self._leave()
            loss: Any = (answer.float() - torch.empty(answer.shape, device="meta")).square().mean()
            loss.backward()
            self._begin("")
        denoiser.disable_gradient_checkpointing()

    def turns(self) -> list[tuple[str, Turn]]:
        """By name, in the order of their use."""
        shared = Counter(place for inputs in self._inputs.values() for place in inputs)
        return [
            (
                name,
                Turn(
                    forward,
                    self._after[name],
                    self._backward.get(name, Span()),
                    sum(n for place, n in self._inputs[name].items() if n >= _SMALL and shared[place] == 1),
                ),
            )
            for name, forward in self._forward.items()
        ]

    def _block(self, block: torch.nn.Module, *inputs: Any) -> Any:
        name = self._names[id(block)]
        self._leave()
        tensors = [each for each in tree_leaves(inputs) if isinstance(each, Tensor)]
        self._inputs[name] = {place_of(each.untyped_storage()): each.nbytes for each in tensors}
        answer = self.model.recomputed(block, *inputs) if self.recomputes else block(*inputs)
        self._forward[name] = self._tracked.span()
        for each in tree_leaves(answer):
            if isinstance(each, Tensor) and each.requires_grad:
                hooked: Any = each
                hooked.register_hook(partial(self._gradient, name))
        return answer

    def _gradient(self, name: str, _: Tensor) -> None:
        self._begin(name)

    def _leave(self) -> None:
        """What was since the last block follows that one."""
        span = self._tracked.span()
        if self._forward:
            self._after[next(reversed(self._forward))] = span
        else:
            self.first = span

    def _begin(self, name: str) -> None:
        """The backward pass has come to a block: what was since belongs to the one before."""
        if name == self._now or name in self._backward:
            return
        span = self._tracked.span()
        if self._now:
            self._backward[self._now] = self._backward.get(self._now, Span()).then(span)
        else:
            self.loss = span
        self._now = name
