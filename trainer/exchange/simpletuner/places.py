"""Places of a recipe by SimpleTuner's names, and what stands for a value that cannot be one."""

from collections.abc import Mapping
from typing import Any

NAMES: Mapping[str, str] = {
    "lora.rank": "lora_rank",
    "lora.alpha": "lora_alpha",
    "optim.lr": "learning_rate",
    "optim.optimizer": "optimizer",
    "optim.weight_decay": "adam_weight_decay",
    "optim.beta1": "adam_beta1",
    "optim.beta2": "adam_beta2",
    "optim.grad_clip": "max_grad_norm",
    "optim.ema_decay": "ema_decay",
    "text.dropout": "caption_dropout_probability",
    "schedule.steps": "max_train_steps",
    "schedule.epochs": "num_train_epochs",
    "schedule.batch": "train_batch_size",
    "schedule.accumulation": "gradient_accumulation_steps",
    "schedule.warmup": "lr_warmup_steps",
    "schedule.power": "lr_power",
    "schedule.lr_floor": "lr_end",
    "loss.min_snr_gamma": "snr_gamma",
    "loss.huber_c": "huber_c",
    "flow.sigmoid_scale": "flow_sigmoid_scale",
    "flow.shift": "flow_schedule_shift",
    "flow.guidance": "flux_guidance_value",
    "flow.text_tokens": "tokenizer_max_length",
    "flow.assistant_training": "assistant_lora_strength",
    "flow.assistant_samples": "assistant_lora_inference_strength",
    "buckets.resolution": "resolution",
    "buckets.step": "aspect_bucket_alignment",
    "output.save_every": "checkpoint_step_interval",
    "output.sample_every": "validation_step_interval",
    "output.keep_last": "checkpoints_total_limit",
    "seed": "seed",
}
DEFAULTS: Mapping[str, Any] = {
    "lora.rank": 16,
    "lora.alpha": 16.0,
    "optim.lr": 4e-7,
    "optim.grad_clip": 2.0,
    "schedule.batch": 4,
    "loss.min_snr_gamma": 0.0,
    "buckets.resolution": 1024,
    "output.save_every": 500,
}
"""What stands for a value that cannot be one, where SimpleTuner's default is not ours."""
