"""Attention to an adapter's tokens beside attention to the text, in the cross-attentions of a UNet."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from ...errors import ModelError
from ..adapter import Rows
from ..references import Tokens
from ..use import Scaling, Use
from .masks import on_grid
from .rows import sources
from .weights import LayerWeight

_C_PENALTY = 1280
Projections = Callable[[int], tuple[Tensor, Tensor]]
"""Of a layer's number: the weights (channels, width) that make keys and values of tokens."""


@dataclass(eq=False)
class _Layer:
    """Keys and values (sets, t, channels) of `counts` sets for conditional rows and, after them, for the others."""

    keys: Tensor
    values: Tensor
    counts: tuple[int, int]
    weight: float

    def at(self, query: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values where the query is and of its type; they stay there."""
        if self.keys.device != query.device or self.keys.dtype != query.dtype:
            self.keys, self.values = self.keys.to(query), self.values.to(query)
        return self.keys, self.values


class SideAttention:
    """text + w · attention(q, k_ip, v_ip), before the output projection (ip_adapter/attention_processor.py).

    Keys and values are made once a layer and token set, in fp32; layers of weight 0 are not among `numbers` and change
    no bit.
    """

    def __init__(
        self, tokens: Tokens, projections: Projections, weights: Mapping[int, LayerWeight], use: Use, name: str = ""
    ) -> None:
        """`weights` are the layers to be placed in; `name` is said where the base has other layers than the file."""
        self._name = name or "The adapter"
        self._mask = use.mask
        self._grids: dict[tuple[tuple[int, int], torch.device], Tensor] = {}
        own, others = _alike(tokens)
        self._layers = {
            number: _layer(projections(number), own, others, at, use.scaling)
            for number, at in weights.items()
            if at.weight
        }
        self.numbers = frozenset(self._layers)

    def attend(self, number: int, query: Tensor, text: Tensor, rows: Rows) -> Tensor:
        """(b, n, channels) twice -> the same; `text` itself where the layer adds nothing."""
        layer = self._layers.get(number)
        if layer is None:
            return text
        keys, values = layer.at(query)
        if keys.shape[-1] != query.shape[-1]:
            raise ModelError(
                f"{self._name} does not fit this base: its layer {number} is {keys.shape[-1]} wide, the base's "
                f"{query.shape[-1]}. Choose an adapter for this base."
            )
        which = sources(rows, layer.counts, query.device)
        side = _attention(query, keys[which], values[which], rows.heads)
        if self._mask is not None:
            side = side * self._region(self._mask, rows, query)
        return torch.add(text, side.to(text.dtype), alpha=layer.weight)

    def to(self, device: torch.device) -> "SideAttention":
        """All keys and values there; they follow queries on their own."""
        for layer in self._layers.values():
            layer.keys, layer.values = layer.keys.to(device), layer.values.to(device)
        return self

    def _region(self, mask: Tensor, rows: Rows, query: Tensor) -> Tensor:
        """(b, n, 1): each row's part of the mask, or of its latent's where there are several."""
        key = rows.grid, query.device
        if key not in self._grids:
            self._grids[key] = on_grid(mask, rows.grid).to(query.device)
        regions = self._grids[key]
        if len(regions) > 1:
            regions = regions[[latent % len(regions) for latent in rows.latent]]
        return regions.unsqueeze(-1).to(query.dtype)


def chained(adapters: Iterable[SideAttention], number: int, query: Tensor, text: Tensor, rows: Rows) -> Tensor:
    """What several adapters add to one layer, one after the other."""
    for adapter in adapters:
        text = adapter.attend(number, query, text, rows)
    return text


def _attention(query: Tensor, keys: Tensor, values: Tensor, heads: int) -> Tensor:
    """(b, n, channels) of (b, n, channels) and twice (b, t, channels), each head for itself."""
    query, keys, values = _split(query, heads), _split(keys, heads), _split(values, heads)
    return functional.scaled_dot_product_attention(query, keys, values).transpose(1, 2).flatten(2)


def _split(tokens: Tensor, heads: int) -> Tensor:
    batch, count, channels = tokens.shape
    return tokens.reshape(batch, count, heads, channels // heads).transpose(1, 2)


def _alike(tokens: Tokens) -> tuple[Tensor, Tensor]:
    """Both sides of as many tokens: a set that is repeated whole is read as it is once."""
    own, others = tokens.conditional.float(), tokens.unconditional.float()
    times, rest = divmod(own.shape[1], others.shape[1])
    if rest or own.shape[-1] != others.shape[-1]:
        raise ModelError(
            f"The tokens of the references do not go together: {tuple(own.shape)} and {tuple(others.shape)}. "
            "Make them again from the reference pictures."
        )
    return own, others.repeat(1, times, 1)


def _layer(weights: tuple[Tensor, Tensor], own: Tensor, others: Tensor, at: LayerWeight, scaling: Scaling) -> _Layer:
    first, second = (torch.zeros_like(own[:1]), own) if at.pushes else (own, others)
    stack = torch.cat([first, second])
    keys, values = (functional.linear(stack, weight.float()) for weight in weights)
    keys, values, weight = _scaled(keys, values, at.weight, scaling)
    return _Layer(keys, values, (len(first), len(second)), weight)


def _scaled(keys: Tensor, values: Tensor, weight: float, scaling: Scaling) -> tuple[Tensor, Tensor, float]:
    """Keys and values with the weight in them as `scaling` says, and the weight that is left for the output."""
    if scaling == "V only":
        return keys, values, weight
    if scaling == "K+V":
        return keys * weight, values * weight, 1.0
    weight *= keys.shape[-1] / _C_PENALTY
    if scaling == "K+V w/ C penalty":
        return keys * weight, values * weight, 1.0
    mean = values.mean(dim=1, keepdim=True)
    return keys * weight, values - mean + weight * mean, 1.0
