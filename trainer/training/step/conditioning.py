"""What the denoiser is told of captions: from the cache, encoded anew each time, or by encoders that learn."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch

from ...families.condition import Condition
from ...families.family import Family
from ...recipe.text import Text


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
        self._cached = cached
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
