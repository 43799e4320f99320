"""Names of Z-Image's layers in its authors' code, which ComfyUI's files have, for those of diffusers' model."""

import re

from ..flow.native import Native

_BLOCK = re.compile(r"(?:layers|noise_refiner|context_refiner)\.\d+\.(.+)")
_FUSED = ("attention.to_q", "attention.to_k", "attention.to_v")
_INNER = {
    "attention.to_out.0": "attention.out",
    "attention.norm_q": "attention.q_norm",
    "attention.norm_k": "attention.k_norm",
}
_OUTER = {
    "all_x_embedder.2-1": "x_embedder",
    "all_final_layer.2-1.linear": "final_layer.linear",
    "all_final_layer.2-1.adaLN_modulation.1": "final_layer.adaLN_modulation.1",
}


def native(module: str) -> Native:
    """For the name of one of diffusers' layers; most are called the same."""
    if not (found := _BLOCK.fullmatch(module)):
        return Native(_OUTER.get(module, module), (module,))
    inner = found[1]
    block = module[: -len(inner)]
    if inner in _FUSED:
        return Native(f"{block}attention.qkv", tuple(block + member for member in _FUSED))
    return Native(block + _INNER.get(inner, inner), (module,))
