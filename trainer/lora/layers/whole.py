"""Any other change of a layer, its norm's or its bias, made whole at every use: files that others trained."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call

from ...families.lora_names import kind_of
from .change import bias_change_of, change_of
from .layer import (
    OwnLayer,
    applied,
    bare,
    can_unpack,
    dense_weight,
    is_quantised,
    merged_weight,
    weight_shape,
    working_device,
)


@dataclass(frozen=True)
class Whole:
    """A layer of a kind that is drawn with and not trained here."""


class WholeLayer(OwnLayer):
    """Holds a file's tensors as they are; the changed weight lives for one use of the layer."""

    def __init__(self, base_layer: torch.nn.Module, strength: float = 1.0) -> None:
        super().__init__(base_layer, 1.0, strength)
        self._names: list[str] = []

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        inner: Any = bare(self.base_layer)
        if is_packed(inner) and kind_of(tensors) in ("glora", "dora"):
            raise ValueError("it changes weights that are quantised here")
        self._names = list(tensors)
        for number, tensor in enumerate(tensors.values()):
            self.register_buffer(f"part{number}", tensor.to(working_device(inner)), persistent=False)
        shape = None if is_packed(inner) else tuple(self._change(dense_weight(inner)).shape)
        bias = bias_change_of(tensors)
        if (shape is not None and shape != tuple(weight_shape(inner))) or (
            bias is not None and (inner.bias is None or bias.shape != inner.bias.shape)
        ):
            raise ValueError("its sizes are others")

    @property
    def _parts(self) -> dict[str, Tensor]:
        return {name: self.get_buffer(f"part{number}") for number, name in enumerate(self._names)}

    def changed(self, x: Tensor) -> Tensor:
        inner: Any = bare(self.base_layer)
        if is_packed(inner):
            empty = torch.empty(inner.out_features, inner.in_features, device="meta")
            return self.base_layer(x) + applied(inner, x, self._change(empty).to(x.dtype)) * self.strength
        values = {"weight": merged_weight(self), "bias": merged_bias(self)}
        if can_unpack(inner):
            straight, bias = applied(inner, x, merged_weight(self).to(x.dtype)), values["bias"]
            return straight if bias is None else straight + bias
        return functional_call(inner, {name: value for name, value in values.items() if value is not None}, (x,))

    def merged(self, weight: Tensor) -> Tensor:
        return (weight.float() + self.strength * self._change(weight)).to(weight.dtype)

    def merged_bias(self, bias: Tensor | None) -> Tensor | None:
        """`bias` of the layer inside with `strength` × the change."""
        added = bias_change_of(self._parts)
        return bias if bias is None or added is None else (bias.float() + self.strength * added).to(bias.dtype)

    def _change(self, weight: Tensor) -> Tensor:
        return change_of(self._parts, weight.float())

    def start(self, source: torch.Generator) -> None:
        raise NotImplementedError("layers of this kind are not trained")

    def square_norm(self) -> Tensor:
        return self._change(dense_weight(self)).square().sum()

    def saved(self) -> Mapping[str, Tensor]:
        return self._parts


def is_packed(layer: torch.nn.Module) -> bool:
    """Whether the weights are quantised in a way that is not unpacked here."""
    return is_quantised(layer) and not can_unpack(layer)


def merged_bias(layer: Any) -> Tensor | None:
    """The bias of a layer with what the adapters around it make of it."""
    if not hasattr(layer, "base_layer"):
        return layer.bias
    inside = merged_bias(layer.base_layer)
    return layer.merged_bias(inside) if isinstance(layer, WholeLayer) and layer.is_on else inside
