"""Black Forest Labs' names of FLUX.2's layers, which files and ComfyUI use, for those of diffusers' model.

Modulation is made once for all blocks. A single block's attention and MLP are one matrix in both.
"""

import re

from ..flow.native import Native

_DOUBLE = {
    "attn.to_out.0": "img_attn.proj",
    "attn.to_add_out": "txt_attn.proj",
    "ff.linear_in": "img_mlp.0",
    "ff.linear_out": "img_mlp.2",
    "ff_context.linear_in": "txt_mlp.0",
    "ff_context.linear_out": "txt_mlp.2",
    "attn.norm_q": "img_attn.norm.query_norm",
    "attn.norm_k": "img_attn.norm.key_norm",
    "attn.norm_added_q": "txt_attn.norm.query_norm",
    "attn.norm_added_k": "txt_attn.norm.key_norm",
}
_SINGLE = {
    "attn.to_qkv_mlp_proj": "linear1",
    "attn.to_out": "linear2",
    "attn.norm_q": "norm.query_norm",
    "attn.norm_k": "norm.key_norm",
}
_FUSED = {
    "img_attn.qkv": ("attn.to_q", "attn.to_k", "attn.to_v"),
    "txt_attn.qkv": ("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj"),
}
_TIME = "time_guidance_embed.timestep_embedder."
_TURNED = "norm_out.linear"
"""Its outputs are shift and scale in BFL's order; diffusers has scale first."""
_OUTER = {
    "x_embedder": "img_in",
    "context_embedder": "txt_in",
    "proj_out": "final_layer.linear",
    _TURNED: "final_layer.adaLN_modulation.1",
    f"{_TIME}linear_1": "time_in.in_layer",
    f"{_TIME}linear_2": "time_in.out_layer",
    "double_stream_modulation_img.linear": "double_stream_modulation_img.lin",
    "double_stream_modulation_txt.linear": "double_stream_modulation_txt.lin",
    "single_stream_modulation.linear": "single_stream_modulation.lin",
}
_FLUX1 = {
    "ff.linear_in": "ff.net.0.proj",
    "ff.linear_out": "ff.net.2",
    "ff_context.linear_in": "ff_context.net.0.proj",
    "ff_context.linear_out": "ff_context.net.2",
    "attn.to_out": "proj_out",
}
"""What FLUX.1 calls these layers of blocks; the host takes the names for FLUX.2 too."""
_BLOCK = re.compile(r"(single_)?transformer_blocks\.(\d+)\.(.+)")


def native(module: str) -> Native | None:
    """For the name of one of diffusers' layers; None for what has no counterpart."""
    if not (found := _BLOCK.fullmatch(module)):
        return Native(_OUTER[module], (module,), is_turned=module == _TURNED) if module in _OUTER else None
    single, number, inner = found.groups()
    block, ours = f"{'single' if single else 'double'}_blocks.{number}", module[: -len(inner)]
    for name, members in ({} if single else _FUSED).items():
        if inner in members:
            return Native(f"{block}.{name}", tuple(ours + member for member in members))
    plain = _SINGLE if single else _DOUBLE
    return Native(f"{block}.{plain[inner]}", (module,)) if inner in plain else None


def read_names(module: str) -> list[str]:
    """By which of diffusers' names the host reads a layer: it knows those of FLUX.1, and so no modulation that blocks
    share and no other time."""
    if not (found := _BLOCK.fullmatch(module)):
        if module.startswith(_TIME):
            return [module.replace("time_guidance_embed", "time_text_embed")]
        return [] if "modulation" in module else [module]
    inner = found[3]
    return [module, *([module[: -len(inner)] + _FLUX1[inner]] if inner in _FLUX1 else [])]
