"""Places of a recipe by OneTrainer's names, and what stands for a value that cannot be one."""

from collections.abc import Mapping
from typing import Any

NAMES: Mapping[str, str] = {
    "lora.rank": "lora_rank",
    "lora.alpha": "lora_alpha",
    "lora.factor": "lokr_decompose_factor",
    "optim.optimizer": "optimizer.optimizer",
    "optim.lr": "learning_rate",
    "optim.weight_decay": "optimizer.weight_decay",
    "optim.beta1": "optimizer.beta1",
    "optim.beta2": "optimizer.beta2",
    "optim.grad_clip": "clip_grad_norm",
    "optim.ema_decay": "ema_decay",
    "text.encoder_lr": "text_encoder.learning_rate",
    "text.dropout": "text_encoder.dropout_probability",
    "text.encoder_steps": "text_encoder.stop_training_after",
    "text.encoder_share": "text_encoder.stop_training_after",
    "text.clip_skip": "text_encoder_layer_skip",
    "schedule.epochs": "epochs",
    "schedule.batch": "batch_size",
    "schedule.accumulation": "gradient_accumulation_steps",
    "schedule.warmup": "learning_rate_warmup_steps",
    "schedule.warmup_share": "learning_rate_warmup_steps",
    "schedule.cycles": "learning_rate_cycles",
    "schedule.lr_floor": "learning_rate_min_factor",
    "flow.sigmoid_scale": "noising_weight",
    "flow.shift": "timestep_shift",
    "flow.guidance": "transformer.guidance_scale",
    "flow.text_tokens": "text_encoder_2_sequence_length",
    "loss.min_snr_gamma": "loss_weight_strength",
    "loss.noise_offset": "offset_noise_weight",
    "loss.mask_floor": "unmasked_weight",
    "buckets.resolution": "resolution",
    "output.save_every": "save_every",
    "output.sample_every": "sample_after",
}
"""Places of a recipe by OneTrainer's names."""
DEFAULTS: Mapping[str, Any] = {
    "lora.rank": 16,
    "lora.alpha": 1.0,
    "optim.lr": 3e-6,
    "schedule.epochs": 100,
    "buckets.resolution": 512,
    "loss.min_snr_gamma": 0.0,
}
"""What stands for a value that cannot be one, where OneTrainer's default is not ours."""
