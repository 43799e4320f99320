"""How FLUX.2 klein is told of a caption: as the question of a user that Qwen3 is about to answer without a thought."""

TEMPLATE = "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
TAPS = (9, 18, 27)
"""After how many layers its states are read."""
LENGTH = 512
"""Words that shorter captions are filled up to, by ComfyUI and all others; longer ones it leaves as they are."""
