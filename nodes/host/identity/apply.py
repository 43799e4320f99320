"""An identity adapter on the host's MODEL."""

from typing import Any, cast

from ....trainer.errors import ModelError
from ....trainer.identity.adapter import Adapter, CrossAttention, FluxBlocks
from ....trainer.identity.references import Tokens
from ....trainer.identity.use import Use
from ..model_family import model_family
from .blocks import mount_blocks
from .cross import mount_cross
from .fit import refuse_unfit_blocks, refuse_unfit_layers
from .forward import watch_forwards
from .layers import attention_paths
from .mounted import Mounted
from .own_lora import add_own_lora

_TITLES = {"sd15": "SD 1.5", "sdxl": "SDXL", "flux1": "FLUX.1"}


def apply_identity(model: Any, adapter: Adapter, tokens: Tokens, use: Use) -> Any:
    """A copy of `model` with the adapter, over whatever it has already; `model` itself where the weight is 0.

    ModelError where the adapter was made for another base, or for one of other sizes.
    """
    refuse_other_family(model, adapter)
    if use.weight == 0:
        return model
    patched, name = model.clone(), adapter.path.name
    if adapter.family == "flux1":
        blocks = cast(FluxBlocks, adapter.placed(tokens, use))
        refuse_unfit_blocks(model.model.diffusion_model, blocks, name)
        mount_blocks(patched, Mounted.on(model, blocks, use))
    else:
        paths = attention_paths(model)
        layers = cast(CrossAttention, adapter.placed(tokens, use, paths))
        refuse_unfit_layers(model.model.diffusion_model, layers, name)
        mount_cross(patched, Mounted.on(model, layers, use))
        add_own_lora(patched, adapter.weight_patches(paths), name)
    watch_forwards(patched)
    return patched


def refuse_other_family(model: Any, adapter: Adapter) -> None:
    """ModelError where the adapter was made for another base."""
    spec = model_family(model)
    name = spec.name if spec else ""
    ours = "flux1" if name.startswith("flux1") else name
    if ours != adapter.family:
        title = spec.title if spec else type(model.model).__name__
        raise ModelError(
            f"{adapter.path.name} is an adapter for {_TITLES[adapter.family]}, and this model is {title}. Connect a "
            "model of that family, or choose an adapter made for this one."
        )
