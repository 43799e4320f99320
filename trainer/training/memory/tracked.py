"""How much memory tensors take, with numbers or without: storages are counted as they come and go."""

import weakref
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from .timeline import Span


class Tracked(TorchDispatchMode):
    """Inside, bytes of tensors on a kind of device that live now, and the most there were, but for those of `own`."""

    def __init__(self, own: Iterable[Tensor], device: str = "meta") -> None:
        mode: Any = super()
        mode.__init__()
        self.now = self.peak = 0
        self._start = self._high = 0
        self._device = device
        self._living: dict[int, Any] = {}
        self._own = {place_of(tensor.untyped_storage()) for tensor in own}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        answer = func(*args, **(kwargs or {}))
        for each in tree_leaves(answer):
            if isinstance(each, Tensor) and each.device.type == self._device:
                self._see(each.untyped_storage())
        return answer

    def span(self) -> Span:
        """What was since the last one was asked for."""
        span = Span(self.now - self._start, self._high - self._start)
        self._start = self._high = self.now
        return span

    def _see(self, storage: Any) -> None:
        place, size = place_of(storage), int(storage.nbytes())
        if place in self._living or place in self._own:
            return
        self._living[place] = weakref.ref(storage, partial(self._gone, place, size))
        self.now += size
        self.peak = max(self.peak, self.now)
        self._high = max(self._high, self.now)

    def _gone(self, place: int, size: int, _: Any) -> None:
        if self._living.pop(place, None) is not None:
            self.now -= size


def place_of(storage: Any) -> int:
    return int(storage._cdata)


@contextmanager
def flash_attention() -> Generator[None]:
    """Inside, attention between tensors without numbers is flash attention; torch would make the whole matrix.

    A mode of torch's own does not reach what the backward pass computes anew.
    """
    library: Any = F
    plain = library.scaled_dot_product_attention
    flash: Any = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu  # pyright: ignore

    def attend(query: Tensor, key: Tensor, value: Tensor, *rest: Any, **named: Any) -> Tensor:
        if query.is_meta:
            return flash(query, key, value)[0]
        return plain(query, key, value, *rest, **named)

    library.scaled_dot_product_attention = attend
    try:
        yield
    finally:
        library.scaled_dot_product_attention = plain
