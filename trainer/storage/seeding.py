"""Random numbers as pure functions of a seed and of what they are for, the same on every device."""

import hashlib

import torch


def derived_seed(seed: int, purpose: str, *numbers: int) -> int:
    """A 63-bit seed that differs with everything it is made of."""
    text = ":".join([str(seed), purpose, *map(str, numbers)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def random_source(seed: int, purpose: str, *numbers: int) -> torch.Generator:
    """A CPU generator at the start of its own stream."""
    return torch.Generator("cpu").manual_seed(derived_seed(seed, purpose, *numbers))
