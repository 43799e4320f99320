"""Black Forest Labs' names of FLUX.1's layers, which files and ComfyUI use, for those of diffusers' model.

Where BFL has one matrix diffusers has several, one below the other: q, k, v, and in single blocks the way into the MLP.
"""

import re

from ..flow.native import Native

_DOUBLE = {
    "attn.to_out.0": "img_attn.proj",
    "attn.to_add_out": "txt_attn.proj",
    "norm1.linear": "img_mod.lin",
    "norm1_context.linear": "txt_mod.lin",
    "ff.net.0.proj": "img_mlp.0",
    "ff.net.2": "img_mlp.2",
    "ff_context.net.0.proj": "txt_mlp.0",
    "ff_context.net.2": "txt_mlp.2",
    "attn.norm_q": "img_attn.norm.query_norm",
    "attn.norm_k": "img_attn.norm.key_norm",
    "attn.norm_added_q": "txt_attn.norm.query_norm",
    "attn.norm_added_k": "txt_attn.norm.key_norm",
}
_SINGLE = {
    "proj_out": "linear2",
    "norm.linear": "modulation.lin",
    "attn.norm_q": "norm.query_norm",
    "attn.norm_k": "norm.key_norm",
}
_FUSED_DOUBLE = {
    "img_attn.qkv": ("attn.to_q", "attn.to_k", "attn.to_v"),
    "txt_attn.qkv": ("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj"),
}
_FUSED_SINGLE = {"linear1": ("attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp")}
_OUTER = {
    "x_embedder": "img_in",
    "context_embedder": "txt_in",
    "proj_out": "final_layer.linear",
    "norm_out.linear": "final_layer.adaLN_modulation.1",
    **{
        f"time_text_embed.{theirs}.linear_{number}": f"{ours}.{layer}"
        for theirs, ours in (
            ("timestep_embedder", "time_in"),
            ("text_embedder", "vector_in"),
            ("guidance_embedder", "guidance_in"),
        )
        for number, layer in ((1, "in_layer"), (2, "out_layer"))
    },
}
_ALIASES = {
    "ff.linear_in": "ff.net.0.proj",
    "ff.linear_out": "ff.net.2",
    "ff_context.linear_in": "ff_context.net.0.proj",
    "ff_context.linear_out": "ff_context.net.2",
}
_SINGLE_ALIASES = {"attn.to_out": ("proj_out",), "attn.to_qkv_mlp_proj": _FUSED_SINGLE["linear1"]}
"""Other models of diffusers' call these layers so, and the host takes the names for FLUX.1 too."""
_TURNED = "final_layer.adaLN_modulation.1"
"""Its outputs are shift and scale; diffusers has scale first."""
_BLOCK = re.compile(r"(single_)?transformer_blocks\.(\d+)\.(.+)")


def native(module: str) -> Native | None:
    """For the name of one of diffusers' layers; None for what has no counterpart."""
    if not (found := _BLOCK.fullmatch(module)):
        return _outer(module) if module in _OUTER else None
    single, number, inner = found.groups()
    block, ours = f"{'single' if single else 'double'}_blocks.{number}", module[: -len(inner)]
    for name, members in (_FUSED_SINGLE if single else _FUSED_DOUBLE).items():
        if inner in members:
            return Native(f"{block}.{name}", tuple(ours + member for member in members))
    plain = _SINGLE if single else _DOUBLE
    return Native(f"{block}.{plain[inner]}", (module,)) if inner in plain else None


def _outer(module: str) -> Native:
    return Native(_OUTER[module], (module,), is_turned=_OUTER[module] == _TURNED)


def aliases(module: str) -> dict[str, tuple[str, ...]]:
    """Further names in diffusers' way of a layer and of what it is fused into, and which layers they stand for."""
    if not (found := _BLOCK.fullmatch(module)):
        return {}
    single, _, inner = found.groups()
    block = module[: -len(inner)]
    if single:
        named = {name: members for name, members in _SINGLE_ALIASES.items() if inner in members}
        return {block + name: tuple(block + member for member in members) for name, members in named.items()}
    return {block + alias: (module,) for alias, name in _ALIASES.items() if name == inner}


def native_aliases(whole: Native) -> dict[str, tuple[str, ...]]:
    """Names of parts of one of BFL's layers."""
    return {f"{whole.name}_qkv": whole.members[:3]} if whole.name.endswith(".linear1") else {}
