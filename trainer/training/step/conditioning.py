"""What the denoiser is told of captions: from the cache, encoded anew each time, or by encoders that learn."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch

from ...families.condition import Condition
from ...families.family import Family
from ...recipe.text import Text

_MOST_BYTES = 2**26


class OnDevice:
    """Conditions that a GPU keeps, the latest up to `most_bytes` of them, so that none travels twice; others where they
    are."""

    def __init__(
        self,
        cached: Callable[[str], Condition],
        device: torch.device,
        dtype: torch.dtype,
        most_bytes: int = _MOST_BYTES,
    ) -> None:
        self._cached, self._device, self._dtype, self._most_bytes = cached, device, dtype, most_bytes
        self._held: OrderedDict[str, Condition] = OrderedDict()
        self._bytes = 0

    def of(self, caption: str) -> Condition:
        """Of one caption."""
        if self._device.type == "cpu":
            return self._cached(caption)
        if caption not in self._held:
            condition = self._cached(caption).to(self._device, self._dtype)
            self._held[caption] = condition
            self._bytes += _size(condition)
        self._held.move_to_end(caption)
        while self._bytes > self._most_bytes and len(self._held) > 1:
            self._bytes -= _size(self._held.popitem(last=False)[1])
        return self._held[caption]


class Conditioning:
    """Conditions of captions. `cached` gives a caption's from the cache; `without_adapter` switches the adapter off."""

    def __init__(
        self,
        family: Family,
        text: Text,
        cached: Callable[[str], Condition],
        without_adapter: Callable[[], AbstractContextManager[Any]],
    ) -> None:
        self._family = family
        self._text = text
        self._cached = OnDevice(cached, family.device, family.dtype).of
        self._without_adapter = without_adapter

    def of(self, captions: Sequence[str]) -> list[Condition]:
        """As training sees them now, with gradients where the text encoders learn and gradients are on."""
        return self._family.conditions(captions) if self._text.encoder_lr else self._frozen(captions)

    @torch.no_grad()
    def of_base(self, captions: Sequence[str]) -> list[Condition]:
        """As the base understands them."""
        if not self._text.encoder_lr:
            return self._frozen(captions)
        with self._without_adapter():
            return self._family.conditions(captions)

    def _frozen(self, captions: Sequence[str]) -> list[Condition]:
        encode = self._family.encode_text if self._text.changes_captions else self._cached
        return [encode(caption) for caption in captions]


def _size(condition: Condition) -> int:
    return sum(tensor.nbytes for tensor in condition.tensors.values())
