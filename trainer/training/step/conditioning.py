"""What the denoiser is told of captions: from the cache, encoded anew each time, or by encoders that learn."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor

from ...families.base import Family
from ...recipe.text import Text

Conditions = Mapping[str, Tensor]


class Conditioning:
    """Conditioning of captions. `cached` gives a caption's from the cache; `bare` switches the adapter off."""

    def __init__(
        self,
        family: Family,
        text: Text,
        cached: Callable[[str], Conditions],
        bare: Callable[[], AbstractContextManager[Any]],
    ) -> None:
        self._family = family
        self._text = text
        self._cached = cached
        self._bare = bare

    def of(self, captions: Sequence[str]) -> Conditions:
        """As training sees them now, with gradients where the text encoders learn and gradients are on."""
        if self._text.encoder_lr:
            return self._family.condition(captions)
        return self._frozen(captions)

    @torch.no_grad()
    def bare(self, captions: Sequence[str]) -> Conditions:
        """As the base understands them."""
        if not self._text.encoder_lr:
            return self._frozen(captions)
        with self._bare():
            return self._family.condition(captions)

    def _frozen(self, captions: Sequence[str]) -> Conditions:
        encode = self._family.encode_text if self._text.changes_captions else self._cached
        rows = [encode(caption) for caption in captions]
        return {name: torch.cat([row[name] for row in rows]) for name in rows[0]}
