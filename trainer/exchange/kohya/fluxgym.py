"""FluxGym's settings: flags of kohya's trainer of FLUX.1 that its page starts with."""

from collections.abc import Mapping
from typing import Any

from .flux import MODULE

GUIDE_SIGN = "quantize_base_model"
"""What guides write into settings of FluxGym, and no trainer's own files hold."""
DEFAULTS: Mapping[str, Any] = {
    "network_module": MODULE,
    "network_dim": 4,
    "learning_rate": 8e-4,
    "optimizer_type": "adamw8bit",
    "max_train_epochs": 16,
    "resolution": 512,
    "train_batch_size": 1,
    "keep_tokens": 1,
    "seed": 42,
    "gradient_checkpointing": True,
    "cache_latents_to_disk": True,
    "cache_text_encoder_outputs": True,
    "mixed_precision": "bf16",
    "save_precision": "bf16",
    "fp8_base": True,
    "timestep_sampling": "shift",
    "discrete_flow_shift": 3.1582,
    "model_prediction_type": "raw",
    "guidance_scale": 1.0,
    "loss_type": "l2",
}
"""What FluxGym's page starts with and hands on (678add2), where that is not kohya's own default."""


def fluxgym_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with FluxGym's own for what they leave out."""
    own = {name: value for name, value in DEFAULTS.items() if name not in settings}
    if "use_8bit_adam" in settings:
        own.pop("optimizer_type", None)
    return own | dict(settings)
