"""Attention to an adapter's tokens in FLUX' blocks, by the block's own query, without positions."""

from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn.functional import pad, scaled_dot_product_attention

from ...errors import ModelError
from ..adapter import Rows
from ..use import Use, refuse_unet_settings
from .token_rows import RowMask, TokenRows


class FluxSide:
    """`use.weight` · attention(q, k_ip, v_ip); of no block at weight 0.

    `states` are keys and values, each (m, t, channels), by block. With `joins` the result goes through the block's
    output projection (InstantX), else it is added after the whole block (XLabs). A mask leaves a single block's text
    alone: what text takes up it carries everywhere.
    """

    def __init__(self, states: Mapping[int, TokenRows], use: Use, name: str, *, joins: bool) -> None:
        refuse_unet_settings(use, name)
        self.weights = nn.ModuleDict({str(block): module for block, module in states.items()})
        self.attends = frozenset(states) if use.weight else frozenset[int]()
        self.joins = self.attends if joins else frozenset[int]()
        self.follows = self.attends - self.joins
        self._name, self._weight = name, use.weight
        self._mask = None if use.mask is None else RowMask(use.mask)

    def joined(self, block: int, query: Tensor, rows: Rows) -> Tensor:
        """(b, heads, n, d) -> (b, n, channels); ModelError at another width."""
        key, value = self.weights[str(block)](rows, query)
        if key.shape[-1] != rows.heads * query.shape[-1]:
            raise ModelError(
                f"{self._name} does not fit this base: its block {block} is {key.shape[-1]} wide, the base's "
                f"{rows.heads * query.shape[-1]}. Choose an adapter for this base."
            )
        key, value = (side.unflatten(-1, (rows.heads, -1)).transpose(1, 2) for side in (key, value))
        said = self._weight * scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
        if self._mask is None:
            return said
        region = self._mask.of(rows, said)
        return said * pad(region, (0, 0, said.shape[1] - region.shape[1], 0))

    def followed(self, block: int, image: Tensor, query: Tensor | None, rows: Rows) -> Tensor:
        """(b, n, channels) of a double block's n image tokens."""
        assert query is not None
        return self.joined(block, query[:, :, : image.shape[1]], rows)
