"""An adapter in the cross-attentions of the host's UNet."""

from typing import Any

from comfy.ldm.modules.attention import optimized_attention
from torch import Tensor

from ....trainer.identity.adapter import CrossAttention
from .added import OpenPatch, part_copies
from .layers import cross_attentions
from .mounted import Mounted


def mount_cross(model: Any, mounted: Mounted[CrossAttention]) -> None:
    """On this MODEL, a copy."""
    layers = cross_attentions(model.model.diffusion_model)
    slots = model.model_options["transformer_options"].get("patches_replace", {}).get("attn2", {})
    for number in sorted(mounted.placed.numbers):
        place = layers[number].place
        # A patch of a whole block stands in for those of its layers; one of a layer takes its place there.
        under = slots.get(place, slots.get(place[:2]))
        model.set_model_patch_replace(_Cross(mounted, number, under), "attn2", *place)
    part_copies(model)


class _Cross(OpenPatch):
    """One cross-attention: what goes into its output projection."""

    def __init__(self, mounted: Mounted[CrossAttention], number: int, under: Any) -> None:
        super().__init__(mounted, under)
        self._number = number

    def __call__(self, q: Tensor, k: Tensor, v: Tensor, extra_options: Any) -> Tensor:
        out = self._attended(q, k, v, extra_options)
        if forward := self.mounted.acts_in(extra_options):
            height, width = extra_options["activations_shape"][-2:]
            rows = forward.rows(extra_options["n_heads"], (height, width))
            out = self.mounted.placed.attend(self._number, q, out, rows).to(out.dtype)
        for added in self.added:
            if added.is_wanted(extra_options):
                out = (out + added.callback(out, q, k, v, extra_options, **added.settings)).to(out.dtype)
        return out

    def _attended(self, q: Tensor, k: Tensor, v: Tensor, options: Any) -> Tensor:
        if self.under is not None:
            return self.under(q, k, v, options)
        precision = options.get("attn_precision")
        return optimized_attention(q, k, v, options["n_heads"], attn_precision=precision, transformer_options=options)
