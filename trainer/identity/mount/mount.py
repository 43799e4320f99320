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
from .unet import MountedCross, attention_paths

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


def placed_on(family: Family, adapter: Adapter, tokens: Tokens, use: Use) -> Placed:
    """An opened file's, for this base; ModelError where it was made for another family."""
    refuse_made_for_others(family, adapter.family, adapter.path.name)
    layers = attention_paths(family.denoiser) if isinstance(family, StableDiffusion) else ()
    return Placed(
        layers=adapter.placed(tokens, use, layers),
        use=use,
        name=adapter.path.name,
        family=adapter.family,
        patches=adapter.weight_patches(layers),
    )


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


def refuse_made_for_others(family: Family, made_for: str, name: str) -> None:
    """ModelError where the adapter `name` is of another family than the base; `made_for` "" is not known, and fits."""
    ours = "flux1" if isinstance(family, Flux1) else family.spec.name if isinstance(family, StableDiffusion) else ""
    if not ours:
        raise ModelError(
            f"{name} cannot be used here: there are identity adapters for {', '.join(_TITLES.values())}, and this base "
            f"is {family.spec.title}. Choose another base."
        )
    if made_for not in ("", ours):
        raise _made_for_another(family, _TITLES[made_for], name)


def _mounted(family: Family, adapter: Placed) -> Mounted:
    adapter.layers.weights.to(family.device, family.dtype)
    if isinstance(family, Flux1):
        return MountedFlux(family, cast(FluxBlocks, adapter.layers), adapter.use, adapter.name)
    assert isinstance(family, StableDiffusion)
    return MountedCross(family, cast(CrossAttention, adapter.layers), adapter.use, adapter.name)


def _refuse_other_family(family: Family, adapter: Placed) -> None:
    refuse_made_for_others(family, adapter.family, adapter.name)
    is_flux = isinstance(family, Flux1)
    if not hasattr(adapter.layers, "joined" if is_flux else "attend"):
        raise _made_for_another(family, "Stable Diffusion" if is_flux else _TITLES["flux1"], adapter.name)


def _made_for_another(family: Family, title: str, name: str) -> ModelError:
    return ModelError(
        f"{name} is an adapter for {title}, and this base is {family.spec.title}. Choose an adapter made for it, or "
        "another base."
    )
