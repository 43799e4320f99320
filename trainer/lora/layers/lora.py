"""LoRA (Hu et al. 2021) and DoRA (Liu et al. 2024) on linear layers and convolutions."""

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from .layer import ALPHA, DOWN, UP, AdapterLayer, Switch, applied, drawn

DORA = ".dora_scale"


class LoraLayer(AdapterLayer):
    """y = W x + (alpha / rank) B A x; A is (rank, in) or (rank, in, h, w), B (out, rank) or (out, rank, 1, 1)."""

    def __init__(self, base_layer: torch.nn.Module, rank: int, alpha: float, switch: Switch) -> None:
        super().__init__(base_layer, alpha / rank, switch)
        self.alpha = alpha
        inner, outer = (rank, *self.weight.shape[1:]), (self.weight.shape[0], rank, *[1] * (self.weight.ndim - 2))
        device = self.weight.device
        self.down = torch.nn.Parameter(torch.zeros(inner, device=device))
        self.up = torch.nn.Parameter(torch.zeros(outer, device=device))

    def start(self, source: torch.Generator) -> None:
        self.down.data = drawn(self.down, source)
        self.up.data.zero_()

    def changed(self, x: Tensor) -> Tensor:
        return self.base_layer(x) + self._change(x) * self.switch.strength

    def _change(self, x: Tensor) -> Tensor:
        # The small matrices are cast to the input's precision; casting the input up would keep a copy of it.
        inner = applied(self.base_layer, x, self.down.to(x.dtype))
        ranks = self.switch.ranks
        if ranks is not None and ranks.shape[-1] == self.down.shape[0]:
            inner = inner * _spread(ranks, inner, is_image=self.down.ndim == 4).to(inner.dtype)
        up = self.up.to(x.dtype)
        return (F.conv2d(inner, up) if up.ndim == 4 else F.linear(inner, up)) * self.scale

    def square_norm(self) -> Tensor:
        """tr((BᵀB)(AAᵀ)): nothing larger than rank × rank."""
        down, up = self.down.flatten(1), self.up.flatten(1)
        return self.scale**2 * ((up.T @ up) * (down @ down.T)).sum()

    def saved(self) -> Mapping[str, Tensor]:
        return {DOWN: self.down.detach(), UP: self.up.detach(), ALPHA: torch.tensor(self.alpha)}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """A file of smaller rank fills the first ranks; its change stays what it was, whatever its alpha."""
        down, up = tensors.get(DOWN), tensors.get(UP)
        if down is None or up is None or set(tensors) - {DOWN, UP, ALPHA, *self.saved()}:
            raise ValueError(f"it is of another kind ({', '.join(sorted(tensors))})")
        rank, kept = self.down.shape[0], down.shape[0]
        if down.shape[1:] != self.down.shape[1:] or up.shape[0] != self.up.shape[0] or up.shape[1] != kept:
            raise ValueError(f"its sizes are {tuple(down.shape)} and {tuple(up.shape)}")
        if kept > rank:
            raise ValueError(f"its rank is {kept}, the recipe's {rank}")
        theirs = float(tensors.get(ALPHA, torch.tensor(kept))) / kept
        self.down.data[:kept] = down.to(self.down)
        self.up.data[:, :kept] = up.to(self.up) * (theirs / self.scale)


class DoraLayer(LoraLayer):
    """y = m (W + s B A) x / ‖W + s B A‖, lengths m and norms one an output; the norm carries no gradient (§4.3)."""

    def __init__(self, base_layer: torch.nn.Module, rank: int, alpha: float, switch: Switch) -> None:
        super().__init__(base_layer, rank, alpha, switch)
        frozen = self.weight.detach().float().flatten(1)
        self._frozen_square = frozen.square().sum(1)
        self.magnitude = torch.nn.Parameter(self._frozen_square.sqrt())

    def start(self, source: torch.Generator) -> None:
        super().start(source)
        self.magnitude.data = self._frozen_square.sqrt()

    def changed(self, x: Tensor) -> Tensor:
        base: Any = self.base_layer
        stretch = self.magnitude / self._norm()
        if self.weight.ndim == 4:
            stretch = stretch.view(-1, 1, 1)
        straight, bias = applied(base, x, base.weight), base.bias
        together = (straight + self._change(x)) * stretch.to(x.dtype)
        together = torch.lerp(straight, together, self.switch.strength)
        if bias is None:
            return together
        return together + (bias.view(-1, 1, 1) if self.weight.ndim == 4 else bias)

    @torch.no_grad()
    def _norm(self) -> Tensor:
        """‖W + s B A‖ an output, from products with the thin A: W + s B A itself is never made."""
        down, up = self.down.flatten(1), self.up.flatten(1)
        crossed = (self.weight.flatten(1) @ down.to(self.weight.dtype).T).float()
        square = self._frozen_square + 2 * self.scale * (crossed * up).sum(1)
        square = square + self.scale**2 * ((up @ (down @ down.T)) * up).sum(1)
        return square.clamp(min=1e-12).sqrt()

    def saved(self) -> Mapping[str, Tensor]:
        shape = (-1, *[1] * (self.weight.ndim - 1))
        return {**super().saved(), DORA: self.magnitude.detach().view(shape)}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        super().load(tensors)
        lengths = tensors.get(DORA)
        if lengths is None or lengths.numel() != self.magnitude.numel():
            raise ValueError("it has no lengths (dora_scale) of these outputs")
        self.magnitude.data = lengths.reshape(-1).to(self.magnitude)


def _spread(ranks: Tensor, inner: Tensor, *, is_image: bool) -> Tensor:
    """(n, rank) against (n, …, rank), or (n, rank, h, w) of a convolution."""
    if is_image:
        return ranks[:, :, None, None]
    return ranks.view(len(ranks), *[1] * (inner.ndim - 2), -1)
