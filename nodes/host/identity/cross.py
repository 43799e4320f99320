"""An adapter in the cross-attentions of the host's UNet."""

from collections.abc import Callable, Mapping
from typing import Any

from comfy.ldm.modules.attention import optimized_attention
from comfy.patcher_extension import CallbacksMP
from torch import Tensor

from ....trainer.identity.adapter import CrossAttention
from .forward import forward_of
from .layers import cross_attentions
from .mounted import Mounted, Patch

_KEY = "likeness_identity"


def mount_cross(model: Any, mounted: Mounted[CrossAttention]) -> None:
    """On this MODEL, a copy."""
    layers = cross_attentions(model.model.diffusion_model)
    slots = model.model_options["transformer_options"].get("patches_replace", {}).get("attn2", {})
    for number in sorted(mounted.placed.numbers):
        place = layers[number].place
        # A patch of a whole block stands in for those of its layers; one of a layer takes its place there.
        under = slots.get(place, slots.get(place[:2]))
        model.set_model_patch_replace(_Cross(mounted, number, under), "attn2", *place)
    if not model.get_callbacks(CallbacksMP.ON_CLONE, _KEY):
        model.add_callback_with_key(CallbacksMP.ON_CLONE, _KEY, _part_patches)


def _part_patches(_model: Any, copy: Any) -> None:
    """Other packs add to the object that they find in a slot: a copy gets its own, or its original would change."""
    slots = copy.model_options["transformer_options"].get("patches_replace", {}).get("attn2", {})
    for place, patch in slots.items():
        if isinstance(patch, _Cross):
            slots[place] = patch.over(patch.under)


class _Cross(Patch):
    """One cross-attention: what goes into its output projection."""

    def __init__(self, mounted: Mounted[CrossAttention], number: int, under: Any) -> None:
        super().__init__(mounted, under)
        self._number = number
        self._added: tuple[tuple[Callable[..., Tensor], Mapping[str, Any]], ...] = ()

    def __call__(self, q: Tensor, k: Tensor, v: Tensor, extra_options: Any) -> Tensor:
        out = self._attended(q, k, v, extra_options)
        if forward := self.mounted.acts_in(extra_options):
            height, width = extra_options["activations_shape"][-2:]
            rows = forward.rows(extra_options["n_heads"], (height, width))
            out = self.mounted.placed.attend(self._number, q, out, rows).to(out.dtype)
        for callback, settings in self._added:
            if _wants(settings, extra_options):
                out = (out + callback(out, q, k, v, extra_options, **settings)).to(out.dtype)
        return out

    def add(self, callback: Callable[..., Tensor], **settings: Any) -> None:
        """What other packs call on an object that they find in the slot: what `callback` answers is added, from
        `sigma_start` to `sigma_end`."""
        self._added += ((callback, settings),)

    def _attended(self, q: Tensor, k: Tensor, v: Tensor, options: Any) -> Tensor:
        if self.under is not None:
            return self.under(q, k, v, options)
        precision = options.get("attn_precision")
        return optimized_attention(q, k, v, options["n_heads"], attn_precision=precision, transformer_options=options)


def _wants(settings: Mapping[str, Any], options: Any) -> bool:
    forward = forward_of(options)
    if forward is None or "sigma_start" not in settings:
        return True
    return settings.get("sigma_end", 0) <= forward.noise <= settings["sigma_start"]
