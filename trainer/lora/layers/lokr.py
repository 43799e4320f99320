"""LoKr: the weights' change as a Kronecker product (LyCORIS, Yeh et al. 2023, arXiv 2309.14859, §3.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ...families.key_layout import ALPHA
from .layer import OwnLayer, applied, bare, drawn, rescaled, weight_shape, working_device

_OUTER, _INNER, _INNER_A, _INNER_B = "lokr_w1", "lokr_w2", "lokr_w2_a", "lokr_w2_b"


@dataclass(frozen=True)
class Blocks:
    """Sizes of a LoKr layer: w1 is `outer`, w2 (with a kernel's pixels flat in its columns) a product of `inner`."""

    outer: tuple[int, int]
    inner: tuple[tuple[int, int], ...]


def blocks(shape: torch.Size, rank: int, factor: int) -> Blocks:
    """w1 has the largest divisors of outputs and inputs up to `factor`; w2 is of rank `rank` where that is smaller."""
    out, wide, kernel = shape[0], shape[1], shape[2:].numel()
    tall, broad = _divisor(out, factor), _divisor(wide, factor)
    rows, columns = out // tall, (wide // broad) * kernel
    is_thin = rank < max(rows, wide // broad) / 2
    return Blocks((tall, broad), ((rows, rank), (rank, columns)) if is_thin else ((rows, columns),))


@dataclass(frozen=True)
class Kronecker:
    """Sizes and alpha of a LoKr layer."""

    sizes: Blocks
    alpha: float


class LokrLayer(OwnLayer):
    """ΔW = scale × w1 ⊗ w2. With w2 whole there is no rank and the scale is 1, as in LyCORIS."""

    def __init__(self, base_layer: torch.nn.Module, layer: Kronecker, strength: float = 1.0) -> None:
        sizes, alpha = layer.sizes, layer.alpha
        is_thin = len(sizes.inner) > 1
        super().__init__(base_layer, alpha / sizes.inner[1][0] if is_thin else 1.0, strength)
        self._shape = weight_shape(base_layer)
        self.alpha = alpha if is_thin else 1.0
        device = working_device(base_layer)
        self.outer = torch.nn.Parameter(torch.zeros(sizes.outer, device=device))
        self.inner = torch.nn.ParameterList(
            [torch.nn.Parameter(torch.zeros(shape, device=device)) for shape in sizes.inner]
        )

    def start(self, source: torch.Generator) -> None:
        self.outer.data = drawn(self.outer, source)
        if len(self.inner) > 1:
            self.inner[0].data = drawn(self.inner[0], source)
        self.inner[-1].data.zero_()

    def changed(self, x: Tensor) -> Tensor:
        return self.base_layer(x) + self._change(x) * (self.scale * self.strength)

    def merged(self, weight: Tensor) -> Tensor:
        return weight + (self._delta() * (self.scale * self.strength)).to(weight.dtype)

    def _delta(self) -> Tensor:
        return torch.kron(self.outer, self._inner()).view(self._shape)

    def _change(self, x: Tensor) -> Tensor:
        if len(self._shape) == 4:
            return applied(bare(self.base_layer), x, self._delta().to(x.dtype))
        # (w1 ⊗ w2) x is w2 on each of x's f' pieces, then w1 across them.
        whole: Any = x
        pieces: Any = whole.unflatten(-1, (self.outer.shape[1], -1))
        weights: list[Any] = list(self.inner)
        for weight in reversed(weights):
            pieces = F.linear(pieces, weight.to(x.dtype))
        return torch.einsum("of,...fi->...oi", self.outer.to(x.dtype), pieces).flatten(-2)

    def square_norm(self) -> Tensor:
        """‖w1 ⊗ w2‖² = ‖w1‖² ‖w2‖²."""
        return self.scale**2 * self.outer.square().sum() * self._inner().square().sum()

    def saved(self) -> Mapping[str, Tensor]:
        whole = [weight.detach() for weight in self.inner]
        if len(whole) > 1:
            inner = {_INNER_A: whole[0], _INNER_B: whole[1]}
        else:
            rest = (self._shape[1] // self.outer.shape[1], *self._shape[2:])
            inner = {_INNER: whole[0].view(whole[0].shape[0], *rest)}
        return {_OUTER: self.outer.detach(), **inner, ALPHA: torch.tensor(self.alpha)}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        mine = self.saved()
        if set(mine) - {ALPHA} != set(tensors) - {ALPHA}:
            raise ValueError(f"it is of another kind ({', '.join(sorted(tensors))})")
        unlike = [name for name, tensor in mine.items() if name != ALPHA and tensors[name].shape != tensor.shape]
        if unlike:
            raise ValueError(f"its sizes are others ({', '.join(unlike)})")
        theirs = 1.0
        if len(self.inner) > 1:
            rank = self.inner[1].shape[0]
            theirs = float(tensors.get(ALPHA, torch.tensor(rank))) / rank
        self.outer.data = tensors[_OUTER].to(self.outer) * rescaled(theirs, self.scale)
        names = (_INNER_A, _INNER_B) if len(self.inner) > 1 else (_INNER,)
        for weight, name in zip(self.inner, names, strict=True):
            weight.data = tensors[name].to(weight).reshape(weight.shape)

    @staticmethod
    def sizes_of(tensors: Mapping[str, Tensor]) -> Blocks:
        """The sizes of a file's layer; KeyError for one that is written in another way."""
        outer = tensors[_OUTER]
        if _INNER in tensors:
            whole = tensors[_INNER]
            return Blocks((outer.shape[0], outer.shape[1]), ((whole.shape[0], whole[0].numel()),))
        left, right = tensors[_INNER_A], tensors[_INNER_B]
        thin = ((left.shape[0], left.shape[1]), (right.shape[0], right.shape[1]))
        return Blocks((outer.shape[0], outer.shape[1]), thin)

    def _inner(self) -> Tensor:
        return self.inner[0] @ self.inner[1] if len(self.inner) > 1 else self.inner[0]


def _divisor(size: int, factor: int) -> int:
    return next(wide for wide in range(min(size, factor), 0, -1) if size % wide == 0)
