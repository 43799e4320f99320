"""An adapter placed on a MODEL: what its patches share."""

from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

import comfy.model_patcher
from torch import nn

from ....trainer.identity.adapter import CrossAttention, FluxBlocks
from ....trainer.identity.use import Use
from .forward import Forward, forward_of

P = TypeVar("P", CrossAttention, FluxBlocks)


class IdentityAdapter(nn.Module):
    """What the host loads. It writes how far it is on the module itself, and kept pictures are filed under what is
    written on an adapter's own."""

    def __init__(self, weights: nn.Module) -> None:
        super().__init__()
        self.weights = weights


@dataclass(frozen=True, eq=False)
class Mounted(Generic[P]):
    """`held` is what the host loads and unloads with the MODEL."""

    placed: P
    use: Use
    held: Any

    @classmethod
    def on(cls, model: Any, placed: P, use: Use) -> "Mounted[P]":
        # The type that the model computes in: quantised weights have another.
        placed.weights.to(dtype=model.model.get_dtype_inference())
        held = comfy.model_patcher.CoreModelPatcher(
            IdentityAdapter(placed.weights), load_device=model.load_device, offload_device=model.offload_device
        )
        return cls(placed, use, held)

    def acts_in(self, options: Any) -> Forward | None:
        """What the pass under way is about, None where the adapter has nothing to do with it."""
        forward = forward_of(options)
        return forward if forward is not None and forward.is_within(self.use) else None


class Patch:
    """A patch of a Mounted over `under`, what was in its place before, if anything was.

    `models`, `to` and `cleanup` are what the host asks of patches as it loads the MODEL and when it is done with it.
    Nothing is changed in place: copies of a MODEL keep its patches' very objects, so each branch of a graph would see
    what the others do.
    """

    def __init__(self, mounted: Mounted[Any], under: Any = None) -> None:
        self.mounted, self.under = mounted, under

    def models(self) -> list[Any]:
        return [self.mounted.held, *(self.under.models() if hasattr(self.under, "models") else ())]

    def to(self, device_or_dtype: Any) -> Self:
        moved = self.under.to(device_or_dtype) if hasattr(self.under, "to") else self.under
        return self if moved is self.under else self.over(moved)

    def cleanup(self) -> None:
        if hasattr(self.under, "cleanup"):
            self.under.cleanup()

    def over(self, under: Any) -> Self:
        """A copy over something else."""
        made = object.__new__(type(self))
        made.__dict__.update({**self.__dict__, "under": under})
        return made
