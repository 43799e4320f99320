"""Optimizers by name: where each lives in its own library, and what is always set of it."""

from collections.abc import Mapping
from typing import Any

from .optim import Optim

# Module and class, as kohya's metadata names them; the package to install is the module's first word.
CLASSES: Mapping[str, tuple[str, str]] = {
    "adamw": ("torch.optim", "AdamW"),
    "adamw8bit": ("bitsandbytes.optim.adamw", "AdamW8bit"),
    "paged_adamw8bit": ("bitsandbytes.optim.adamw", "PagedAdamW8bit"),
    "lion8bit": ("bitsandbytes.optim.lion", "Lion8bit"),
    "adafactor": ("transformers.optimization", "Adafactor"),
    "prodigy": ("prodigyopt.prodigy", "Prodigy"),
    "schedulefree": ("schedulefree.adamw_schedulefree", "AdamWScheduleFree"),
}

OWN_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    # lr comes from our schedule alone.
    "adafactor": {"scale_parameter": False, "relative_step": False, "warmup_init": False},
    # As its authors advise for diffusion models (README, "How to use").
    "prodigy": {"use_bias_correction": True, "safeguard_warmup": True},
}


def optimizer_words(optim: Optim) -> str:
    """kohya's ss_optimizer: module, class and arguments."""
    words = [f"weight_decay={optim.weight_decay}"]
    if optim.optimizer != "adafactor":
        words.append(f"betas=({optim.beta1},{optim.beta2})")
    words += [f"{name}={value}" for name, value in OWN_OPTIONS.get(optim.optimizer, {}).items()]
    return f"{'.'.join(CLASSES[optim.optimizer])}({','.join(words)})"
