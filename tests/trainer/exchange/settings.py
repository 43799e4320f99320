"""Settings files of our own in the shapes that other trainers write and publish."""

import json
from typing import Any

KOHYA_TOML = """
pretrained_model_name_or_path = "/models/base.safetensors"
output_name = "mine"
network_module = "networks.lora"
network_dim = 24
network_alpha = 12
network_args = ["conv_dim=8", "rank_dropout=0.1"]
resolution = "896,1152"
enable_bucket = true
min_bucket_reso = 384
max_bucket_reso = 1600
bucket_reso_steps = 32
train_batch_size = 3
gradient_accumulation_steps = 2
learning_rate = 3e-4
unet_lr = 2e-4
text_encoder_lr = 4e-5
optimizer_type = "AdamW"
optimizer_args = ["weight_decay=0.05", "betas=0.9,0.95", "eps=1e-7"]
lr_scheduler = "polynomial"
lr_scheduler_power = 2
lr_warmup_steps = 30
max_train_steps = 900
max_grad_norm = 0.5
mixed_precision = "bf16"
save_precision = "fp16"
gradient_checkpointing = true
cache_latents_to_disk = true
min_snr_gamma = 4
noise_offset = 0.03
prior_loss_weight = 0.8
shuffle_caption = true
keep_tokens = 2
caption_dropout_rate = 0.05
caption_tag_dropout_rate = 0.1
save_every_n_steps = 100
save_last_n_steps = 300
sample_every_n_steps = 50
clip_skip = 2
seed = 11
xformers = true
"""
LORA_EASY = """
[[subsets]]
num_repeats = 5
keep_tokens = 1
shuffle_caption = true
caption_extension = ".txt"
image_dir = "D:/pictures/5_me"

[noise_args]

[general_args.args]
mixed_precision = "bf16"
seed = 7
max_train_epochs = 4
prior_loss_weight = 1.0

[general_args.dataset_args]
resolution = 832
batch_size = 2

[network_args.args]
network_dim = 12
network_alpha = 6.0

[network_args.args.network_args]
conv_dim = 4
conv_alpha = 2.0

[optimizer_args.args]
optimizer_type = "AdamW8bit"
lr_scheduler = "cosine"
learning_rate = 0.0002
warmup_ratio = 0.1

[optimizer_args.args.optimizer_args]
weight_decay = 0.1
betas = "0.9,0.98"

[bucket_args.dataset_args]
enable_bucket = true
min_bucket_reso = 512
max_bucket_reso = 1536
bucket_reso_steps = 64
"""


def window(**typed: Any) -> str:
    """A preset of kohya_ss' window, with these fields on top."""
    fields: dict[str, Any] = {
        "LoRA_type": "Standard",
        "adaptive_noise_scale": 0,
        "additional_parameters": "",
        "block_dims": "",
        "bucket_no_upscale": False,
        "cache_latents": True,
        "caption_extension": ".txt",
        "conv_alpha": 64,
        "conv_dim": 64,
        "enable_bucket": True,
        "epoch": 160,
        "factor": -1,
        "gradient_accumulation_steps": "2",
        "keep_tokens": "1",
        "learning_rate": 0.0003,
        "lr_scheduler": "cosine",
        "lr_scheduler_num_cycles": "",
        "lr_warmup": 5,
        "max_bucket_reso": 2048,
        "max_resolution": "1024,1024",
        "max_train_epochs": "",
        "max_train_steps": "",
        "min_bucket_reso": 256,
        "min_snr_gamma": 5,
        "mixed_precision": "bf16",
        "multires_noise_iterations": 6,
        "network_alpha": 8,
        "network_dim": 16,
        "noise_offset": 0.04,
        "noise_offset_type": "Original",
        "num_cpu_threads_per_process": 2,
        "optimizer": "AdamW",
        "optimizer_args": '"weight_decay=0.1" "betas=0.9,0.99"',
        "prior_loss_weight": 1.0,
        "save_precision": "bf16",
        "sdxl": True,
        "seed": "1234",
        "shuffle_caption": True,
        "text_encoder_lr": 0.0001,
        "train_batch_size": 2,
        "train_norm": False,
        "unet_lr": 0.0003,
        "xformers": "xformers",
    }
    return json.dumps(fields | typed)


def onetrainer(**typed: Any) -> str:
    """A preset of OneTrainer: only what differs from its defaults, with these settings on top."""
    settings: dict[str, Any] = {
        "base_model_name": "somebody/some-xl",
        "backup_after": 10,
        "batch_size": 4,
        "layer_filter_preset": "attn-mlp",
        "learning_rate": 0.0003,
        "model_type": "STABLE_DIFFUSION_XL_10_BASE",
        "output_model_format": "KOHYA_LORA",
        "resolution": "1024",
        "training_method": "LORA",
        "unet": {"weight_dtype": "FLOAT_16"},
        "text_encoder": {"train": False, "weight_dtype": "FLOAT_16"},
        "text_encoder_2": {"train": False, "weight_dtype": "FLOAT_16"},
        "vae": {"weight_dtype": "FLOAT_32"},
    }
    return json.dumps(settings | typed)


def ai_toolkit(**model: Any) -> str:
    process = {
        "type": "sd_trainer",
        "network": {"type": "lora", "linear": 16, "linear_alpha": 16},
        "train": {"lr": 1e-4, "steps": 2000},
        "model": {"name_or_path": "somebody/a-model", **model},
    }
    return json.dumps({"job": "extension", "config": {"name": "mine", "process": [process]}, "meta": {"version": "1"}})


def simple_tuner(**typed: Any) -> str:
    settings = {
        "model_family": "flux",
        "model_type": "lora",
        "lora_rank": 16,
        "learning_rate": 1e-4,
        "max_train_steps": 1000,
        "data_backend_config": "config/backends.json",
    }
    return json.dumps(settings | typed)
