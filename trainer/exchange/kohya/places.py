"""Places of a recipe by kohya's names, and what stands for a value that cannot be one."""

from collections.abc import Mapping
from typing import Any

NAMES: Mapping[str, str] = {
    "lora.rank": "network_dim",
    "lora.alpha": "network_alpha",
    "lora.kind": "network_module",
    "lora.factor": "network_args.factor",
    "lora.conv_rank": "network_args.conv_dim",
    "lora.conv_alpha": "network_args.conv_alpha",
    "optim.optimizer": "optimizer_type",
    "optim.lr": "learning_rate",
    "optim.weight_decay": "optimizer_args.weight_decay",
    "optim.beta1": "optimizer_args.betas",
    "optim.beta2": "optimizer_args.betas",
    "optim.grad_clip": "max_grad_norm",
    "text.encoder_lr": "text_encoder_lr",
    "text.dropout": "caption_dropout_rate",
    "text.tag_dropout": "caption_tag_dropout_rate",
    "text.keep_tokens": "keep_tokens",
    "text.clip_skip": "clip_skip",
    "schedule.steps": "max_train_steps",
    "schedule.epochs": "max_train_epochs",
    "schedule.batch": "train_batch_size",
    "schedule.accumulation": "gradient_accumulation_steps",
    "schedule.warmup": "lr_warmup_steps",
    "schedule.warmup_share": "lr_warmup_steps",
    "schedule.power": "lr_scheduler_power",
    "schedule.cycles": "lr_scheduler_num_cycles",
    "schedule.lr_floor": "lr_scheduler_min_lr_ratio",
    "loss.min_snr_gamma": "min_snr_gamma",
    "loss.noise_offset": "noise_offset",
    "loss.huber_c": "huber_c",
    "prior.weight": "prior_loss_weight",
    "buckets.resolution": "resolution",
    "buckets.step": "bucket_reso_steps",
    "buckets.shortest": "min_bucket_reso",
    "buckets.longest": "max_bucket_reso",
    "output.save_every": "save_every_n_steps",
    "output.sample_every": "sample_every_n_steps",
    "output.keep_last": "save_last_n_steps",
    "seed": "seed",
}
"""Places of a recipe by kohya's names."""
DEFAULTS: Mapping[str, Any] = {
    "lora.rank": 4,
    "lora.alpha": 1.0,
    "optim.lr": 2e-6,
    "schedule.steps": 1600,
    "buckets.resolution": 512,
    "buckets.shortest": 256,
    "buckets.longest": 1024,
    "loss.min_snr_gamma": 0.0,
    "text.keep_tokens": 0,
}
"""What stands for a value that cannot be one, where kohya's default is not ours."""
