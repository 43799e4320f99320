"""How Z-Image is told of a caption: as the question of a user that Qwen3 is about to answer, thinking."""

TEMPLATE = "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"
LENGTH = 512
"""Words at most that others train with; ComfyUI draws with all there are."""
MOST = 4000
"""Words that the transformer has places for."""


def tapped_layer(layers: int) -> int:
    """The layer before the last."""
    return layers - 1
