"""DoRA (Liu et al. 2024, arXiv 2402.09353) on linear layers and convolutions, without ever making W + s B A.

peft has it too, and makes that matrix in every forward pass; docs/benchmarks.md has the figures of both.
"""

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ...families.key_layout import ALPHA, DORA, DOWN, UP
from .layer import (
    AdapterState,
    LowRank,
    OwnLayer,
    applied,
    bare,
    dense_weight,
    drawn,
    load_low_rank,
    merged_weight,
    speaking,
    weight_shape,
    working_device,
)


class DoraLayer(OwnLayer):
    """y = m (W + s B A) x / ‖W + s B A‖, lengths m and norms one an output; the norm carries no gradient (§4.3).

    A is (rank, in) or (rank, in, h, w), B (out, rank) or (out, rank, 1, 1).
    """

    def __init__(self, base_layer: torch.nn.Module, layer: LowRank, state: AdapterState, strength: float = 1.0) -> None:
        super().__init__(base_layer, layer.alpha / layer.rank, strength)
        self.alpha = layer.alpha
        self.state = state
        shape = weight_shape(base_layer)
        self._ones = [1] * (len(shape) - 1)
        inner, outer = (layer.rank, *shape[1:]), (shape[0], layer.rank, *self._ones[1:])
        device = working_device(base_layer)
        self.down = torch.nn.Parameter(torch.zeros(inner, device=device))
        self.up = torch.nn.Parameter(torch.zeros(outer, device=device))
        frozen = dense_weight(base_layer).detach().float().flatten(1)
        self._frozen_square = frozen.square().sum(1).to(device)
        self.magnitude = torch.nn.Parameter(self._frozen_square.sqrt())

    @property
    def _is_bare(self) -> bool:
        """Whether no other adapter is inside."""
        return not hasattr(self.base_layer, "base_layer")

    def start(self, source: torch.Generator) -> None:
        self.down.data = drawn(self.down, source)
        self.up.data.zero_()
        self.magnitude.data = self._frozen_square.sqrt()

    def changed(self, x: Tensor) -> Tensor:
        base: Any = bare(self.base_layer)
        weight = merged_weight(self.base_layer)
        stretch = self.magnitude / self._norm(weight)
        if weight.ndim == 4:
            stretch = stretch.view(-1, 1, 1)
        straight, bias = applied(base, x, weight), base.bias
        together = (straight + self._change(x)) * stretch.to(x.dtype)
        together = torch.lerp(straight, together, self.strength)
        if bias is None:
            return together
        return together + (bias.view(-1, 1, 1) if weight.ndim == 4 else bias)

    def merged(self, weight: Tensor) -> Tensor:
        change = (self.up.flatten(1) @ self.down.flatten(1)).view(weight.shape) * self.scale
        stretch = (self.magnitude / self._norm(weight)).view(-1, *self._ones)
        return torch.lerp(weight, ((weight + change) * stretch).to(weight.dtype), self.strength)

    def _change(self, x: Tensor) -> Tensor:
        # The small matrices are cast to the input's precision; casting the input up would keep a copy of it.
        inner = applied(bare(self.base_layer), x, self.down.to(x.dtype))
        inner = speaking(self.state.ranks, inner, is_image=self.down.ndim == 4)
        up = self.up.to(x.dtype)
        return (F.conv2d(inner, up) if up.ndim == 4 else F.linear(inner, up)) * self.scale

    def square_norm(self) -> Tensor:
        """Of its direction, s B A: tr((BᵀB)(AAᵀ)), nothing larger than rank × rank."""
        down, up = self.down.flatten(1), self.up.flatten(1)
        return self.scale**2 * ((up.T @ up) * (down @ down.T)).sum()

    @torch.no_grad()
    def _norm(self, weight: Tensor) -> Tensor:
        """‖W + s B A‖ an output, from products with the thin A: W + s B A itself is never made."""
        down, up = self.down.flatten(1), self.up.flatten(1)
        crossed = (weight.flatten(1) @ down.to(weight.dtype).T).float()
        # Another adapter inside has changed the lengths that were measured once.
        frozen = self._frozen_square if self._is_bare else weight.float().flatten(1).square().sum(1)
        square = frozen + 2 * self.scale * (crossed * up).sum(1)
        square = square + self.scale**2 * ((up @ (down @ down.T)) * up).sum(1)
        return square.clamp(min=1e-12).sqrt()

    def saved(self) -> Mapping[str, Tensor]:
        lengths = self.magnitude.detach().view(-1, *self._ones)
        return {DOWN: self.down.detach(), UP: self.up.detach(), ALPHA: torch.tensor(self.alpha), DORA: lengths}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        if not {DOWN, UP} <= set(tensors) <= {DOWN, UP, ALPHA, DORA}:
            raise ValueError(f"it is of another kind ({', '.join(sorted(tensors))})")
        load_low_rank(self.down, self.up, self.scale, (tensors[DOWN], tensors[UP], tensors.get(ALPHA)))
        lengths = tensors.get(DORA)
        if lengths is None or len(lengths) != len(self.magnitude):
            raise ValueError("it has no lengths (dora_scale) of these outputs")
        self.magnitude.data = lengths.reshape(-1).to(self.magnitude)
