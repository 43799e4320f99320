"""Identity adapters on a loaded family: the one place that puts them there and takes them away again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, cast

from torch import Tensor

from ...errors import ModelError
from ...families.family import Family
from ...families.flux.model import Flux1
from ...families.sd.model import StableDiffusion
from ..adapter import Adapter, CrossAttention, FluxBlocks
from ..references import Tokens
from ..use import Use
from .flux import MountedFlux
from .patches import mount_patches
from .unet import MountedCross

_TITLES = {"sd15": "SD 1.5", "sdxl": "SDXL", "flux1": "FLUX.1"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Placed:
    """An adapter that has its tokens, how it is used, and what it is called in errors.

    `family` is the one it was made for, "" where that is not known. `patches` are added to weights whatever the
    window, `patch_strength` times.
    """

    layers: CrossAttention | FluxBlocks
    use: Use
    name: str = "The adapter"
    family: str = ""
    patches: Mapping[str, tuple[Tensor, Tensor]] = field(default_factory=dict[str, tuple[Tensor, Tensor]])
    patch_strength: float = 1.0

    @classmethod
    def of(cls, adapter: Adapter, tokens: Tokens, use: Use) -> "Placed":
        """An opened file's."""
        return cls(
            layers=adapter.placed(tokens, use),
            use=use,
            name=adapter.path.name,
            family=adapter.family,
            patches=adapter.weight_patches(),
        )


class Mounted(Protocol):
    """Something in a family's place until removed."""

    def remove(self) -> None: ...


@dataclass(frozen=True)
class MountedIdentity:
    """Adapters on a family until removed, in any order with other adapters and LoRA files."""

    parts: Sequence[Mounted]

    def remove(self) -> None:
        """Outputs are bit for bit those of what stood there before again."""
        for part in reversed(self.parts):
            part.remove()


def mount_identity(family: Family, *adapters: Placed) -> MountedIdentity:
    """Put adapters on the base, the first one next to its own attention; one of weight 0 changes nothing.

    For drawing: gradients flow, but blocks that are recomputed in the backward pass are not told their rows anew.
    Raises ModelError, with nothing mounted, when one is of another family or of other sizes.
    """
    parts: list[Mounted] = []
    try:
        for adapter in adapters:
            _refuse_other_family(family, adapter)
            if adapter.use.weight:
                parts.append(_mounted(family, adapter))
                if adapter.patches and adapter.patch_strength:
                    parts.append(mount_patches(family, adapter.patches, adapter.patch_strength, adapter.name))
    except BaseException:
        MountedIdentity(parts).remove()
        raise
    return MountedIdentity(parts)


def _mounted(family: Family, adapter: Placed) -> Mounted:
    adapter.layers.weights.to(family.device, family.dtype)
    if isinstance(family, Flux1):
        return MountedFlux(family, cast(FluxBlocks, adapter.layers), adapter.use, adapter.name)
    assert isinstance(family, StableDiffusion)
    return MountedCross(family, cast(CrossAttention, adapter.layers), adapter.use, adapter.name)


def _refuse_other_family(family: Family, adapter: Placed) -> None:
    ours = "flux1" if isinstance(family, Flux1) else family.spec.name if isinstance(family, StableDiffusion) else ""
    title = family.spec.title
    if not ours:
        raise ModelError(
            f"{adapter.name} cannot be used here: there are identity adapters for {', '.join(_TITLES.values())}, and "
            f"this base is {title}. Choose another base."
        )
    theirs = adapter.family or ("sdxl" if hasattr(adapter.layers, "attend") else "flux1")
    if adapter.family and theirs != ours or (theirs == "flux1") != (ours == "flux1"):
        made_for = _TITLES[theirs] if adapter.family or theirs == "flux1" else "Stable Diffusion"
        raise ModelError(
            f"{adapter.name} is an adapter for {made_for}, and this base is {title}. Choose an adapter made for it, or "
            "another base."
        )
