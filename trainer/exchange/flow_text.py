"""The length that captions of flow bases are filled up to, by family and by trainer."""

from .keys import Keys

HOST_TOKENS = {"flux1": 256, "flux2": 512, "z_image": 512}
"""What ComfyUI fills captions up to (Z-Image's are cut there), which is 0 in a recipe."""
TRAINER_TOKENS = 512
"""What kohya, ai-toolkit and SimpleTuner do."""


def name_tokens(keys: Keys, name: str, family: str, tokens: int) -> int:
    """The recipe's length, and a note where captions will be longer than what ComfyUI draws with. 0: not told."""
    tokens = tokens or TRAINER_TOKENS
    host = HOST_TOKENS.get(family, tokens)
    if tokens == host:
        return 0
    keys.note(
        name, tokens, f"captions are filled up to {tokens} there, so also here; ComfyUI fills to {host}: text_tokens 0"
    )
    return tokens
