"""An autoencoder of Stability's and Black Forest Labs' files in diffusers' words: its sizes and its tensors' names."""

import re
from collections.abc import Iterable, Mapping
from typing import Any


def vae_config(
    shapes: Mapping[str, tuple[int, ...]], scaling_factor: float, shift_factor: float | None = None
) -> dict[str, Any]:
    """diffusers' settings of an AutoencoderKL whose tensors (names from `encoder` on) have these shapes.

    Black Forest Labs' have no 1 × 1 convolutions between latents and autoencoder.
    """
    levels = 1 + max(int(found[1]) for name in shapes if (found := re.match(r"encoder\.down\.(\d+)\.", name)))
    layers = sum(re.fullmatch(r"encoder\.down\.0\.block\.\d+\.conv1\.weight", name) is not None for name in shapes)
    config: dict[str, Any] = {
        "block_out_channels": [shapes[f"encoder.down.{level}.block.0.conv1.weight"][0] for level in range(levels)],
        "down_block_types": ["DownEncoderBlock2D"] * levels,
        "up_block_types": ["UpDecoderBlock2D"] * levels,
        "layers_per_block": layers,
        "latent_channels": shapes["decoder.conv_in.weight"][1],
        "sample_size": 1024,
        "scaling_factor": scaling_factor,
    }
    for part in ("quant_conv", "post_quant_conv"):
        if f"{part}.weight" not in shapes:
            config[f"use_{part}"] = False
    return config | ({} if shift_factor is None else {"shift_factor": shift_factor})


def vae_keys(names: Iterable[str], config: Mapping[str, Any]) -> dict[str, str]:
    """Parameter of diffusers' AutoencoderKL → its name in a file, by diffusers' own conversion of single files.

    Its attention has matrices for the file's 1 × 1 convolutions.
    """
    from diffusers.loaders import single_file_utils

    library: Any = single_file_utils
    return converted(library.convert_ldm_vae_checkpoint, names, config)


class _Key(str):
    """A tensor's name in the tensor's place: the conversion only hands tensors on, or takes a matrix as it is."""

    shape = (1, 1)


def converted(convert: Any, names: Iterable[str], config: Mapping[str, Any]) -> dict[str, str]:
    """Names after one of diffusers' conversions → names before it."""
    return {theirs: str(ours) for theirs, ours in convert({name: _Key(name) for name in names}, dict(config)).items()}
