"""Numbers on their way from a GPU, which works on meanwhile; and tensors on their way to it."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def reading(numbers: Tensor) -> Callable[[], list[float]]:
    """Begin to read a vector; what is returned waits for its numbers, and for nothing that was begun later."""
    if not numbers.is_cuda:
        return lambda: [float(number) for number in numbers]
    copy = torch.empty(numbers.shape, dtype=numbers.dtype, pin_memory=True)
    copy.copy_(numbers, non_blocking=True)
    cuda: Any = torch.cuda
    whole = cuda.current_stream(numbers.device).record_event()

    def read() -> list[float]:
        whole.synchronize()
        return [float(number) for number in copy]

    return read


def moved(tensor: Tensor, device: torch.device, dtype: torch.dtype | None = None) -> Tensor:
    """`tensor` on the device; a GPU takes it from pinned memory, so that nobody waits until it has come to it."""
    if device.type != "cuda" or tensor.device.type != "cpu":
        return tensor.to(device, dtype)
    # The small copy is cast here: what is cast there would need both.
    return tensor.to(dtype=dtype).pin_memory().to(device, non_blocking=True)
