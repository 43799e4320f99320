"""Where a module that diffusers or transformers names lies in a checkpoint in Stability's layout (LDM names)."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..ldm_vae import converted

_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
_OUTER = {
    "conv_in": "input_blocks.0.0",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
_BLOCK = re.compile(r"(down|up)_blocks\.(\d+)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.+)")
_MIDDLE = re.compile(r"mid_block\.(resnets|attentions)\.(\d+)\.(.+)")

_OPEN_CLIP = {
    "embeddings.token_embedding": "token_embedding",
    "final_layer_norm": "ln_final",
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
    "self_attn.out_proj": "attn.out_proj",
}
_CLIP_LAYER = re.compile(r"encoder\.layers\.(\d+)\.(.+)")


def unet_name(module: str, layers: int, attends: Callable[[int], bool]) -> str:
    """`middle_block.1.proj_in` for `mid_block.attentions.0.proj_in`; the same for parameters.

    `layers` is the number of residual blocks a level on the way down; `attends(level)` says whether a level of the
    way up has attention.
    """
    if found := _MIDDLE.fullmatch(module):
        kind, number, rest = found.groups()
        place = int(number) * 2 if kind == "resnets" else 1
        return f"middle_block.{place}.{_inner(kind, rest)}"
    if not (found := _BLOCK.fullmatch(module)):
        return _renamed(module, _OUTER)
    side, level, kind, number, rest = found[1], int(found[2]), found[3], int(found[4]), found[5]
    if side == "down":
        start = 1 + level * (layers + 1)
        if kind == "downsamplers":
            return f"input_blocks.{start + layers}.0.{rest.replace('conv', 'op', 1)}"
        return f"input_blocks.{start + number}.{int(kind == 'attentions')}.{_inner(kind, rest)}"
    start = level * (layers + 1)
    if kind == "upsamplers":
        return f"output_blocks.{start + layers}.{1 + attends(level)}.{rest}"
    return f"output_blocks.{start + number}.{int(kind == 'attentions')}.{_inner(kind, rest)}"


def unet_keys(names: Iterable[str], config: Mapping[str, Any]) -> dict[str, str]:
    """Parameter of diffusers' UNet → its name in a checkpoint, by diffusers' own conversion of single files."""
    from diffusers.loaders import single_file_utils

    library: Any = single_file_utils
    return converted(library.convert_ldm_unet_checkpoint, names, config)


def open_clip_name(parameter: str) -> tuple[str, int | None]:
    """OpenCLIP's name for transformers' (without `text_model.`), and which third of its joined q, k and v it is."""
    if parameter == "text_projection.weight":
        return "text_projection", None
    if parameter == "embeddings.position_embedding.weight":
        return "positional_embedding", None
    if not (found := _CLIP_LAYER.fullmatch(parameter)):
        return _renamed(parameter, _OPEN_CLIP), None
    number, rest = found.groups()
    joined = re.fullmatch(r"self_attn\.([qkv])_proj\.(weight|bias)", rest)
    if joined:
        return f"transformer.resblocks.{number}.attn.in_proj_{joined[2]}", "qkv".index(joined[1])
    return f"transformer.resblocks.{number}.{_renamed(rest, _OPEN_CLIP)}", None


def _inner(kind: str, rest: str) -> str:
    return _renamed(rest, _RESNET) if kind == "resnets" else rest


def _renamed(name: str, words: Mapping[str, str]) -> str:
    """The name with its module in other words, whatever parameter follows."""
    for ours, theirs in words.items():
        if name == ours or name.startswith(ours + "."):
            return theirs + name[len(ours) :]
    return name
