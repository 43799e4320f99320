"""What every kind of adapter layer has in common: a frozen layer inside, a learned change beside it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass
class AdapterState:
    """What all layers of one adapter look at: the ranks that answer for each picture, (n, rank) of ones and zeros."""

    ranks: Tensor | None = None


@dataclass(frozen=True)
class LowRank:
    """Rank and alpha of a layer, and whether it learns the lengths of its outputs apart (DoRA)."""

    rank: int
    alpha: float
    is_dora: bool = False


class AdapterLayer(Protocol):
    """A change of one frozen layer that starts at nothing."""

    @property
    def module(self) -> torch.nn.Module:
        """What stands at the address; its `base_layer` is what stood there before."""
        ...

    @property
    def base_layer(self) -> torch.nn.Module:
        """The layer inside, which is another adapter's where several are stacked."""
        ...

    def weights(self) -> Sequence[torch.nn.Parameter]:
        """What is trained, fp32, always in the same order."""
        ...

    def enable(self, *, is_on: bool) -> None:
        """Off, the layer inside answers alone, bit for bit."""
        ...

    def start(self, source: torch.Generator) -> None:
        """Draw the weights anew, on the CPU first: the same seed then starts the same adapter on any device."""
        ...

    def square_norm(self) -> Tensor:
        """Squared Frobenius norm of the change of the frozen weight, 0-d, with gradient."""
        ...

    def saved(self) -> Mapping[str, Tensor]:
        """Tensors by suffix, as files hold them, on whatever device they train."""
        ...

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Begin with a file's tensors by suffix; ValueError says in what they do not fit."""
        ...


class OwnLayer(torch.nn.Module, ABC):
    """An adapter layer that is a module of ours. `strength` multiplies its change."""

    def __init__(self, base_layer: torch.nn.Module, scale: float, strength: float) -> None:
        super().__init__()
        self.base_layer = base_layer
        self.scale = scale
        self.strength = strength
        self.is_on = True

    @property
    def module(self) -> torch.nn.Module:
        return self

    @property
    def weight(self) -> Tensor:
        """The frozen weight: callers ask a layer for its device and precision."""
        return frozen_weight(self.base_layer)

    def weights(self) -> Sequence[torch.nn.Parameter]:
        # What is frozen belongs to the layer inside.
        return [weight for name, weight in self.named_parameters() if not name.startswith("base_layer.")]

    def enable(self, *, is_on: bool) -> None:
        self.is_on = is_on

    def forward(self, x: Tensor) -> Tensor:
        return self.changed(x) if self.is_on else self.base_layer(x)

    @abstractmethod
    def changed(self, x: Tensor) -> Tensor:
        """The layer's answer with `strength` × its change."""

    @abstractmethod
    def merged(self, weight: Tensor) -> Tensor:
        """`weight` of the layer inside with `strength` × the change."""


def bare(layer: torch.nn.Module) -> torch.nn.Module:
    """The base's own layer under any adapters."""
    inner: Any = layer
    while hasattr(inner, "base_layer"):
        inner = inner.base_layer
    return inner


def frozen_weight(layer: torch.nn.Module) -> Tensor:
    """The base's own weight, packed where it is quantised."""
    weight = bare(layer).weight
    assert isinstance(weight, Tensor)
    return weight


def weight_shape(layer: torch.nn.Module) -> torch.Size:
    """(out, in) or (out, in, h, w), of a quantised layer too, whose weight is packed."""
    inner = bare(layer)
    if isinstance(inner, torch.nn.Linear):
        return torch.Size((inner.out_features, inner.in_features))
    return frozen_weight(inner).shape


def working_device(layer: torch.nn.Module) -> torch.device:
    """Where a layer computes; its weights may rest elsewhere between uses."""
    return getattr(bare(layer), "works_on", None) or frozen_weight(layer).device


def dense_weight(layer: torch.nn.Module) -> Tensor:
    """The base's own weight, unpacked where it is quantised."""
    inner: Any = bare(layer)
    return inner.dense() if can_unpack(inner) else inner.weight


def can_unpack(layer: torch.nn.Module) -> bool:
    """Whether a layer is quantised by us: others' layers are left to peft."""
    return hasattr(bare(layer), "dense")


def merged_weight(layer: Any) -> Tensor:
    """The weight of a layer with what the adapters around it make of it."""
    if not hasattr(layer, "base_layer"):
        return dense_weight(layer)
    inside = merged_weight(layer.base_layer)
    if isinstance(layer, OwnLayer):
        return layer.merged(inside) if layer.is_on else inside
    if layer.disable_adapters:
        return inside
    for name in layer.active_adapters:
        inside = inside + layer.get_delta_weight(name).to(inside.dtype)
    return inside


def is_quantised(layer: torch.nn.Module) -> bool:
    return not frozen_weight(layer).is_floating_point()


def drawn(like: Tensor, source: torch.Generator) -> Tensor:
    """Kaiming-uniform with a = √5, as kohya and peft start A."""
    made = torch.nn.init.kaiming_uniform_(torch.empty(like.shape), a=5**0.5, generator=source)
    return made.to(like.device)


def applied(base: torch.nn.Module, x: Tensor, weight: Tensor) -> Tensor:
    """`x` through `weight` in the way of `base`, without a bias."""
    if isinstance(base, torch.nn.Conv2d):
        convolve: Any = F.conv2d
        return convolve(x, weight, None, base.stride, base.padding, base.dilation)
    return F.linear(x, weight)


def speaking(ranks: Tensor | None, inner: Tensor, *, is_image: bool) -> Tensor:
    """`inner`, (n, …, rank) or (n, rank, h, w) of a convolution, with the ranks that do not answer at zero."""
    # A layer of another rank than the recipe's, a 3 × 3 convolution's, has all of them.
    if ranks is None or ranks.shape[-1] != inner.shape[1 if is_image else -1]:
        return inner
    spread = ranks[:, :, None, None] if is_image else ranks.view(len(ranks), *[1] * (inner.ndim - 2), -1)
    return inner * spread.to(inner.dtype)


def rescaled(theirs: float, mine: float) -> float:
    """What weights of scale `theirs` are multiplied by under `mine`; a layer of scale 0 keeps them as they are."""
    return theirs / mine if mine else 1.0


def load_low_rank(
    down: torch.nn.Parameter, up: torch.nn.Parameter, scale: float, theirs: tuple[Tensor, Tensor, Tensor | None]
) -> None:
    """Fill A and B with a file's (A, B, alpha); ValueError says in what they do not fit.

    A file of smaller rank fills the first ranks; its change stays what it was, whatever its alpha.
    """
    their_down, their_up, alpha = theirs
    rank, kept = down.shape[0], their_down.shape[0]
    if their_down.shape[1:] != down.shape[1:] or their_up.shape[0] != up.shape[0] or their_up.shape[1] != kept:
        raise ValueError(f"its sizes are {tuple(their_down.shape)} and {tuple(their_up.shape)}")
    if kept > rank:
        raise ValueError(f"its rank is {kept}, the recipe's {rank}")
    factor = rescaled(float(alpha) / kept if alpha is not None else 1.0, scale)
    down.data[:kept] = their_down.to(down)
    up.data[:, :kept] = their_up.to(up) * factor
