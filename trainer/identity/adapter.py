"""The seam between adapters and what they are mounted on: the host's models and our own families.

A mount knows where its layers are and whose rows a batch holds; an adapter knows what to add there. Neither holds the
other's types, so that the same numbers come out in both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from torch import Tensor, nn

from .kinds import AdapterKind
from .references import References, Tokens
from .use import Use


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Of one call of one layer: which rows of the batch are conditional, which latent each belongs to, how many heads
    the layer has, and the grid of its image tokens (rows, columns)."""

    conditional: tuple[bool, ...]
    latent: tuple[int, ...]
    heads: int
    grid: tuple[int, int]


class CrossAttention(Protocol):
    """An adapter with its tokens, in the cross-attentions of a UNet.

    Layers are numbered as diffusers' `unet.attn_processors` are (down, up, middle; self- and cross-attention counted,
    so that cross-attention is odd), which is how files name them. `weights`, its own, holds keys, values and whatever
    else is computed with, as parameters of a module a layer; a mount moves and casts it, and each call brings what
    lies elsewhere to the query's device and dtype.
    """

    numbers: frozenset[int]

    @property
    def weights(self) -> nn.Module: ...

    def attend(self, number: int, query: Tensor, text: Tensor, rows: Rows) -> Tensor:
        """What goes into `to_out`: of the projected query and of attention to the text, both (b, n, channels)."""
        ...


class FluxBlocks(Protocol):
    """An adapter with its tokens, in FLUX' blocks, counted through: 0 to 18 double, 19 to 56 single.

    `attends` are blocks whose query is wanted, `joins` those that take something before their output projection,
    `follows` those that take something after the block. `weights` is as in CrossAttention.
    """

    attends: frozenset[int]
    joins: frozenset[int]
    follows: frozenset[int]

    @property
    def weights(self) -> nn.Module: ...

    def joined(self, block: int, query: Tensor, rows: Rows) -> Tensor:
        """To be added to the attention's output before its projection, (b, n, channels).

        The query (b, heads, n, d) is after its norm and before positions; of a double block its image tokens, of a
        single block all, text first.
        """
        ...

    def followed(self, block: int, image: Tensor, query: Tensor | None, rows: Rows) -> Tensor:
        """To be added to the image tokens (b, n, channels) after the block; references' tokens are not among them."""
        ...


class Adapter(Protocol):
    """An adapter's file, opened: tokens are made once of the references, then it is placed.

    `layers` are a UNet's attentions by number, under diffusers' addresses of them (`mid_block.attentions.0
    .transformer_blocks.0.attn1`): files know numbers alone, and which is which depends on the UNet. () stands for its
    family's usual one.
    """

    @property
    def kind(self) -> AdapterKind: ...

    @property
    def family(self) -> str: ...

    @property
    def path(self) -> Path: ...

    def tokens(self, references: References, use: Use) -> Tokens:
        """fp32, on the CPU; ModelError where the references are of another face model or encoder."""
        ...

    def placed(self, tokens: Tokens, use: Use, layers: Sequence[str] = ()) -> CrossAttention | FluxBlocks:
        """With keys and values of the tokens made once a layer."""
        ...

    def weight_patches(self, layers: Sequence[str] = ()) -> Mapping[str, tuple[Tensor, Tensor]]:
        """A LoRA that the file brings: down and up (scale 1) by diffusers' name of the weight; mostly empty."""
        ...
