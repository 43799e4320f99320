"""Blocks that rest in the computer's memory and come to the device for their turn.

The base is frozen, so nothing ever goes back: the computer keeps the one copy, two buffers on the device take turns
(one is computed with while the other fills), and a block that has had its turn is simply overwritten. What a block
keeps for the backward pass would point into an overwritten buffer: each must recompute (see `blocks`).
"""

import weakref
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ...errors import RunError

_ALIGNED = 256
_RING = 2


class _Piece(NamedTuple):
    tensor: Tensor
    start: int
    shape: torch.Size
    dtype: torch.dtype

    def view(self, flat: Tensor) -> Tensor:
        size = self.shape.numel() * self.dtype.itemsize
        return flat[self.start : self.start + size].view(self.dtype).view(self.shape)


class _Rested:
    """A block's tensors side by side in one piece of memory, pinned where a GPU is to copy it."""

    def __init__(self, tensors: Sequence[Tensor], *, is_pinned: bool) -> None:
        self._pieces: list[_Piece] = []
        self.size = 0
        for tensor in tensors:
            self._pieces.append(_Piece(tensor, self.size, tensor.shape, tensor.dtype))
            self.size += -(-tensor.nbytes // _ALIGNED) * _ALIGNED
        self.flat = torch.empty(self.size, dtype=torch.uint8)
        if is_pinned:
            _page_locked(self.flat)
        for piece in self._pieces:
            piece.view(self.flat).copy_(piece.tensor)
        self.point_to(self.flat)

    def point_to(self, flat: Tensor) -> None:
        """Let the block's tensors be views of `flat`, which holds or will hold their bytes."""
        for piece in self._pieces:
            piece.tensor.data = piece.view(flat)


class SwappedBlocks:
    """The swapped blocks of one denoiser, in the order of their use. On a CPU the same happens with plain copies."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._rested: list[_Rested] = []
        self._ring: list[Tensor] = []
        self._held: list[int | None] = [None] * _RING
        self._filled: list[Any] = [None] * _RING
        self._stream: Any = None

    def add(self, block: torch.nn.Module, tensors: Sequence[Tensor]) -> None:
        """The next block, and which of its tensors rest; they do from now on."""
        number = len(self._rested)
        self._rested.append(_Rested(tensors, is_pinned=self._device.type == "cuda"))

        def come(_module: torch.nn.Module, _inputs: Any) -> None:
            self._come(number)

        block.register_forward_pre_hook(come)

    @property
    def size(self) -> int:
        """Bytes in the computer's memory."""
        return sum(rested.size for rested in self._rested)

    @torch.inference_mode(False)
    @torch.no_grad()
    def _come(self, number: int) -> None:
        """A block's turn: it is here when this returns, and the next one is under way."""
        self._make_ring()
        if number not in self._held:
            self._fetch(number, self._held.index(None) if None in self._held else 0)
        slot = self._held.index(number)
        if self._filled[slot] is not None:
            torch.cuda.current_stream(self._device).wait_event(self._filled[slot])
        following = self._following(number)
        if following is not None and following not in self._held:
            self._fetch(following, 1 - slot)

    def _following(self, number: int) -> int | None:
        """The block whose turn is next; None at a turning point, where the last two are wanted again."""
        library: Any = torch
        is_backward = library._C._current_graph_task_id() >= 0
        if is_backward:
            return number - 1 if number else None
        last = len(self._rested) - 1
        if number < last:
            return number + 1
        return None if torch.is_grad_enabled() else 0

    def _fetch(self, number: int, slot: int) -> None:
        """Begin to copy a block into a buffer that all work given to the device so far is the last to read."""
        former = self._held[slot]
        if former is not None:
            self._rested[former].point_to(self._rested[former].flat)
        rested, buffer = self._rested[number], self._ring[slot]
        self._filled[slot] = self._copy(buffer[: rested.size], rested.flat)
        rested.point_to(buffer)
        self._held[slot] = number

    def _copy(self, target: Tensor, source: Tensor) -> Any:
        """The event of its end; None where it has ended."""
        if self._device.type != "cuda":
            target.copy_(source)
            return None
        self._stream.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(self._stream):
            target.copy_(source, non_blocking=True)
            return self._stream.record_event()

    def _make_ring(self) -> None:
        # At the first use: captions and pictures are encoded before that, and need the room.
        if self._ring:
            return
        size = max(rested.size for rested in self._rested)
        self._ring = [torch.empty(size, dtype=torch.uint8, device=self._device) for _ in range(_RING)]
        if self._device.type == "cuda":
            self._stream = torch.cuda.Stream(self._device)


def _page_locked(memory: Tensor) -> None:
    """Let a GPU copy it without the processor. In its place: torch's own way takes the next power of two for it."""
    cuda: Any = torch.cuda
    runtime = cuda.cudart()
    fault = runtime.cudaHostRegister(memory.data_ptr(), memory.nbytes, 0)
    if int(fault):
        raise RunError(
            f"The computer gives no {memory.nbytes / 2**20:.0f} MiB of page-locked memory for a swapped block "
            f"({fault}). Use fewer swapped_blocks, or a quantization with fewer bits."
        )
    weakref.finalize(memory.untyped_storage(), runtime.cudaHostUnregister, memory.data_ptr())
