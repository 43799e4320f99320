"""Sizes of FLUX.2's transformer and autoencoder, read off the shapes of their tensors."""

from typing import Any

from ...errors import ModelError
from ..clip_shapes import Shapes, count_numbers
from ..ldm_vae import vae_config

MARK = "double_stream_modulation_img.lin.weight"
GUIDANCE = "guidance_in.in_layer.weight"
CAPTION = "txt_in.weight"
"""(width, numbers a word)."""
HEAD_WIDTH = 128
_AXES = (32, 32, 32, 32)
"""Of a head's channels, those that turn with a token's picture, row, column and word."""
_THETA = 2000


def transformer_config(shapes: Shapes) -> dict[str, Any]:
    """diffusers' settings of the Flux2Transformer2DModel whose tensors, in BFL's names, have these shapes."""
    width, channels = shapes["img_in.weight"]
    if width % HEAD_WIDTH:
        raise ModelError(f"The transformer is {width} wide, which is no multiple of {HEAD_WIDTH}. Choose FLUX.2 klein.")
    return {
        "patch_size": 1,
        "in_channels": channels,
        "num_layers": count_numbers(shapes, r"double_blocks\.(\d+)\."),
        "num_single_layers": count_numbers(shapes, r"single_blocks\.(\d+)\."),
        "attention_head_dim": HEAD_WIDTH,
        "num_attention_heads": width // HEAD_WIDTH,
        "joint_attention_dim": shapes[CAPTION][1],
        "mlp_ratio": shapes["double_blocks.0.img_mlp.2.weight"][1] / width,
        "axes_dims_rope": _AXES,
        "rope_theta": _THETA,
        "guidance_embeds": GUIDANCE in shapes,
    }


def autoencoder_config(shapes: Shapes) -> dict[str, Any]:
    """diffusers' settings of the AutoencoderKLFlux2 whose tensors (names from `encoder` on) have these shapes."""
    config = vae_config(shapes, 1.0)
    levels = len(config["block_out_channels"])
    decoder = [shapes[f"decoder.up.{level}.block.0.conv1.weight"][0] for level in range(levels)]
    del config["scaling_factor"]
    return config | ({} if decoder == config["block_out_channels"] else {"decoder_block_out_channels": decoder})
