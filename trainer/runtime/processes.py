"""Processes that `accelerate launch` or `torchrun` has started, joined into a group over torch.distributed."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
import torch.distributed
from torch import Tensor

from ..errors import RunError
from .group import ALONE, Group

_dist: Any = torch.distributed
_PATIENCE = timedelta(minutes=30)
"""Until a process that says nothing counts as lost; one that ends is noticed at once. Nothing that one does while the
others wait may take longer: a sampling, a held-out loss, one picture drawn or encoded."""
_BACKENDS = {"cpu": "gloo", "cuda": "cuda:nccl,cpu:gloo"}


class Processes:
    """The Group of all that were started together. What is on the CPU goes by gloo, what is on GPUs by nccl."""

    def __init__(self) -> None:
        self.rank, self.world = _dist.get_rank(), _dist.get_world_size()

    def add_up(self, tensor: Tensor) -> None:
        if tensor.is_cuda:
            # nccl waits on the GPU for a process that has ended; here it is missed before anything waits.
            self.any(False)
        with _answering():
            _dist.all_reduce(tensor)

    def any(self, flag: bool) -> bool:
        said = torch.tensor([int(flag)], dtype=torch.int32)
        with _answering():
            _dist.all_reduce(said, op=_dist.ReduceOp.MAX)
        return bool(said)

    def told(self, data: bytes = b"") -> bytes:
        with _answering():
            size = torch.tensor([len(data)])
            _dist.broadcast(size, src=0)
            if not size:
                return b""
            said = _packed(data, int(size)) if self.rank == 0 else torch.empty(int(size), dtype=torch.uint8)
            _dist.broadcast(said, src=0)
        return _bytes(said)

    def gathered(self, word: str = "") -> list[str]:
        data = word.encode()
        with _answering():
            sizes = [torch.zeros(1, dtype=torch.int64) for _ in range(self.world)]
            _dist.all_gather(sizes, torch.tensor([len(data)]))
            longest = max(1, *map(int, sizes))
            said = [torch.empty(longest, dtype=torch.uint8) for _ in range(self.world)]
            _dist.all_gather(said, _packed(data, longest))
        return [_bytes(each[: int(size)]).decode() for each, size in zip(said, sizes, strict=True)]


@contextmanager
def joined(device: str) -> Generator[tuple[Group, str]]:
    """The group that this process was started into, and which `device` is this one's; left when the block ends.

    ALONE where no launcher has started several. RunError when they do not come together.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) < 2 or "RANK" not in os.environ:
        yield ALONE, device
        return
    state = _state(torch.device(device).type)
    try:
        yield Processes(), str(state.device)
    except BaseException:
        # nccl's end waits for what a lost process never sends; the end of this process, which is near, frees all.
        if device == "cpu":
            state.destroy_process_group()
        raise
    else:
        state.destroy_process_group()
    finally:
        # Accelerate has no other way to begin anew in one process.
        state._reset_state()


def _state(kind: str) -> Any:
    """Accelerate's, which reads what the launcher has put into the environment."""
    from accelerate import PartialState  # pyright: ignore[reportMissingTypeStubs]

    if kind not in _BACKENDS:
        raise RunError(
            f"Several processes train on cpu or cuda, not on {kind}. Choose another --device, or one process."
        )
    here, gpus = int(os.environ.get("LOCAL_WORLD_SIZE", "1")), torch.cuda.device_count()
    if kind == "cuda" and here > gpus:
        raise RunError(f"{here} processes were started where there are {gpus} GPUs. Start one for each GPU.")
    # Whoever used accelerate in this process before left its state of one process behind.
    PartialState._reset_state()  # pyright: ignore[reportPrivateUsage]
    try:
        return PartialState(cpu=kind == "cpu", backend=_BACKENDS[kind], timeout=_PATIENCE)
    except (RuntimeError, ValueError, NotImplementedError) as fault:
        raise RunError(
            f"The {os.environ['WORLD_SIZE']} processes of this run did not come together: {fault} See that all were "
            "started by one launcher and reach each other."
        ) from fault


@contextmanager
def _answering() -> Generator[None]:
    """RunError when the others do not answer."""
    try:
        yield
    except RuntimeError as fault:
        minutes = int(_PATIENCE.total_seconds() / 60)
        raise RunError(
            f"Another process of this run has ended, or has not answered for {minutes} minutes; its own last words say "
            "why. What was saved is whole: start all of them again to go on."
        ) from fault


def _packed(data: bytes, size: int) -> Tensor:
    """The bytes and as many zeros as make `size`, (size,)."""
    return torch.frombuffer(bytearray(data.ljust(size, b"\0")), dtype=torch.uint8)


def _bytes(tensor: Tensor) -> bytes:
    return tensor.numpy().tobytes()
