"""Names of an autoencoder's parameters in Stability's layout, for the files that benches and tests write.

Reading such files is left to diffusers' own conversion.
"""

import re

_LEVEL = re.compile(r"((?:en|de)coder)\.(?:down|up)_blocks\.(\d+)\.(resnets|downsamplers|upsamplers)\.(\d+)\.(.+)")
_MIDDLE = re.compile(r"((?:en|de)coder)\.mid_block\.(resnets|attentions)\.(\d+)\.(.+)")
_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}


def vae_name(parameter: str, levels: int) -> str:
    """`decoder.up.3.block.0.conv1.weight` for `decoder.up_blocks.0.resnets.0.conv1.weight` of `levels` levels."""
    if found := _MIDDLE.fullmatch(parameter):
        half, kind, number, rest = found.groups()
        if kind == "attentions":
            module, _, tensor = rest.rpartition(".")
            return f"{half}.mid.attn_1.{_ATTENTION[module]}.{tensor}"
        return f"{half}.mid.block_{int(number) + 1}.{_shortcut(rest)}"
    if found := _LEVEL.fullmatch(parameter):
        half, level, kind, number, rest = found[1], int(found[2]), found[3], found[4], found[5]
        way, place = ("down", level) if half == "encoder" else ("up", levels - 1 - level)
        if kind == "resnets":
            return f"{half}.{way}.{place}.block.{number}.{_shortcut(rest)}"
        return f"{half}.{way}.{place}.{way}sample.{rest}"
    return parameter.replace(".conv_norm_out.", ".norm_out.")


def _shortcut(rest: str) -> str:
    return rest.replace("conv_shortcut", "nin_shortcut")
