"""Adapters as small as they can be: attention to tokens, added."""

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.identity.adapter import Rows


@dataclass(eq=False)
class Side:
    """Keys and values, (2, tokens, channels), by number: of rows without the prompt and of rows with it.

    Whatever kind of adapter a mount wants. `seen` are the rows of each call.
    """

    keys: dict[int, Tensor]
    values: dict[int, Tensor]
    weight: float = 1.0
    joins: frozenset[int] = frozenset()
    follows: frozenset[int] = frozenset()
    mask: Tensor | None = None
    seen: list[tuple[int, Rows]] = field(default_factory=list[tuple[int, Rows]])
    weights: nn.Module = field(default_factory=nn.Module)

    @property
    def numbers(self) -> frozenset[int]:
        return frozenset(self.keys)

    @property
    def attends(self) -> frozenset[int]:
        return frozenset(self.keys)

    def attend(self, number: int, query: Tensor, text: Tensor, rows: Rows) -> Tensor:
        heads = query.unflatten(-1, (rows.heads, -1)).transpose(1, 2)
        return text + self._said(number, heads, rows)

    def joined(self, block: int, query: Tensor, rows: Rows) -> Tensor:
        return self._said(block, query, rows)

    def followed(self, block: int, image: Tensor, query: Tensor | None, rows: Rows) -> Tensor:
        assert query is not None
        return self._said(block, query[:, :, -image.shape[1] :], rows)

    def _said(self, number: int, query: Tensor, rows: Rows) -> Tensor:
        self.seen.append((number, rows))
        which = torch.tensor([int(each) for each in rows.conditional])
        key, value = (side[number][which].unflatten(-1, (rows.heads, -1)) for side in (self.keys, self.values))
        out = F.scaled_dot_product_attention(query, key.transpose(1, 2), value.transpose(1, 2)).transpose(1, 2)
        out = self.weight * out.flatten(2)
        return out if self.mask is None else out * self.mask


def random_side(widths: dict[int, int], seed: int = 0, tokens: int = 3, **given: object) -> Side:
    """Of layers of these widths by number."""
    source = torch.Generator().manual_seed(seed)
    keys, values = (
        {number: torch.randn(2, tokens, width, generator=source) for number, width in widths.items()} for _ in range(2)
    )
    return Side(keys, values, **given)  # type: ignore[arg-type]
