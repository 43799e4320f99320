"""Sizes of Z-Image's transformer, read off the shapes of its tensors."""

from typing import Any

from ...errors import ModelError
from ..clip_shapes import Shapes, count_numbers

MARK = "cap_pad_token"
CAPTION = "cap_embedder.1.weight"
"""(width, numbers a word)."""
_AXES = (2, 3, 3)
"""Eighths of a head's channels that turn with a token's picture or word, row and column."""
_LONGEST = (4096, 512, 512)
"""Positions along each axis that a table is kept for; ComfyUI knows no ends."""
_THETA = 256.0


def transformer_config(shapes: Shapes) -> dict[str, Any]:
    """diffusers' settings of the ZImageTransformer2DModel whose tensors, in ComfyUI's names, have these shapes."""
    width, words = shapes[CAPTION]
    head = shapes["layers.0.attention.q_norm.weight"][0]
    if width % head or head % sum(_AXES):
        raise ModelError(f"The transformer is {width} wide with heads of {head}, which Z-Image has not.")
    return {
        "in_channels": shapes["x_embedder.weight"][1] // 4,
        "dim": width,
        "n_layers": count_numbers(shapes, r"layers\.(\d+)\."),
        "n_refiner_layers": count_numbers(shapes, r"noise_refiner\.(\d+)\."),
        "n_heads": width // head,
        "n_kv_heads": width // head,
        "cap_feat_dim": words,
        "rope_theta": _THETA,
        "axes_dims": [head * part // sum(_AXES) for part in _AXES],
        "axes_lens": list(_LONGEST),
    }


def unbounded(config: dict[str, Any]) -> dict[str, Any]:
    """A folder's settings with as many positions as here: captions longer than a pipeline's are told whole."""
    return {**config, "axes_lens": list(_LONGEST)}
