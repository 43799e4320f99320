"""How memory rises and falls over one step, in pieces that can be put together anew.

A denoiser is asked twice without numbers: once all its blocks recompute their activations, once none does. What a block
does to memory hangs on its own way alone, so that any choice of blocks is told by taking each from one of the two.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """A stretch of work: bytes that are there more at its end than at its start, and most that were on the way."""

    net: int = 0
    high: int = 0

    def then(self, other: "Span") -> "Span":
        return Span(self.net + other.net, max(self.high, self.net + other.high))


@dataclass(frozen=True)
class Turn:
    """A block's turns in one of its two ways: its forward pass, what follows until the next block's, and its backward
    pass with what follows until the next."""

    forward: Span
    after: Span
    backward: Span
    offloadable: int = 0
    """Bytes of its input, which is all that it keeps where it recomputes."""

    def offloaded(self) -> "Turn":
        """With its input off the device between the two passes."""
        rest = self.offloadable
        forward = Span(self.forward.net - rest, self.forward.high)
        return Turn(forward, self.after, Span(self.backward.net + rest, self.backward.high + rest))


@dataclass(frozen=True)
class Block:
    """What a block does where it keeps its activations and where it recomputes them."""

    name: str
    free: Turn
    recomputed: Turn


@dataclass(frozen=True)
class Timeline:
    """One step of a denoiser: what comes before its blocks, these in the order of their use, and the beginning of the
    backward pass."""

    first: Span
    blocks: tuple[Block, ...]
    loss: Span

    def kept(self, recomputes: Callable[[str], bool], *, is_offloaded: bool = False) -> int:
        """Bytes at the end of the forward pass."""
        return _sum(self._forward(recomputes, is_offloaded)).net

    def peak(self, recomputes: Callable[[str], bool], *, is_offloaded: bool = False) -> int:
        """Most bytes at any time, what is learned and its gradients left out."""
        turns = self._turns(recomputes, is_offloaded)
        backward = [turn.backward for turn in reversed(turns)]
        return _sum([*self._forward(recomputes, is_offloaded), self.loss, *backward]).high

    def _forward(self, recomputes: Callable[[str], bool], is_offloaded: bool) -> list[Span]:
        turns = self._turns(recomputes, is_offloaded)
        return [self.first, *(span for turn in turns for span in (turn.forward, turn.after))]

    def _turns(self, recomputes: Callable[[str], bool], is_offloaded: bool) -> list[Turn]:
        chosen = [(block.recomputed, True) if recomputes(block.name) else (block.free, False) for block in self.blocks]
        return [turn.offloaded() if again and is_offloaded else turn for turn, again in chosen]


def _sum(spans: Sequence[Span]) -> Span:
    whole = Span()
    for span in spans:
        whole = whole.then(span)
    return whole
