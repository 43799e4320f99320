"""Attention to an adapter's tokens beside attention to the text, in the cross-attentions of a UNet."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...errors import ModelError
from ..adapter import Rows
from ..references import Tokens
from ..use import Scaling, Use
from .token_rows import RowMask, TokenRows
from .weights import LayerWeight

_C_PENALTY = 1280
Projections = Callable[[int], tuple[Tensor, Tensor]]
"""Of a layer's number: the weights (channels, width) that make keys and values of tokens."""


class SideAttention:
    """text + w · attention(q, k_ip, v_ip), before the output projection (ip_adapter/attention_processor.py).

    Keys and values are made once a layer and token set, in fp32; layers of weight 0 are not among `numbers` and change
    no bit.
    """

    def __init__(
        self, tokens: Tokens, projections: Projections, layers: Mapping[int, LayerWeight], use: Use, name: str = ""
    ) -> None:
        """`name` is said where the base has other layers than the file."""
        self._name = name or "The adapter"
        self._mask = None if use.mask is None else RowMask(use.mask)
        own, others = _alike(tokens)
        placed = {number: at for number, at in layers.items() if at.weight}
        self.numbers = frozenset(placed)
        self.weights = nn.ModuleDict()
        self._weights: dict[int, float] = {}
        for number, at in placed.items():
            pair = projections(number)
            if pair[0].shape[-1] != own.shape[-1]:
                raise ModelError(
                    f"{self._name} reads tokens that are {pair[0].shape[-1]} wide and was given {own.shape[-1]}: those "
                    "are another adapter's. Make them with this one."
                )
            self.weights[str(number)], self._weights[number] = _layer(pair, own, others, at, use.scaling)

    def attend(self, number: int, query: Tensor, text: Tensor, rows: Rows) -> Tensor:
        """(b, n, channels) twice -> the same; `text` itself where the layer adds nothing.

        ModelError where the base's layer is of another width than the file's.
        """
        if number not in self.numbers:
            return text
        keys, values = self.weights[str(number)](rows, query)
        if keys.shape[-1] != query.shape[-1]:
            raise ModelError(
                f"{self._name} does not fit this base: its layer {number} is {keys.shape[-1]} wide, the base's "
                f"{query.shape[-1]}. Choose an adapter for this base."
            )
        side = _attention(query, keys, values, rows.heads)
        if self._mask is not None:
            side = side * self._mask.of(rows, side)
        return torch.add(text, side.to(text.dtype), alpha=self._weights[number])


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


def _layer(
    weights: tuple[Tensor, Tensor], own: Tensor, others: Tensor, at: LayerWeight, scaling: Scaling
) -> tuple[TokenRows, float]:
    """Keys and values of both sides, and the weight of what is read of them."""
    sides = (torch.zeros_like(own[:1]), own) if at.pushes else (own, others)
    made = [[functional.linear(tokens, weight.float()) for weight in weights] for tokens in sides]
    scaled = [_scaled(keys, values, at.weight, scaling) for keys, values in made]
    return TokenRows(*([keys, values] for keys, values, _ in scaled)), scaled[0][2]


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
