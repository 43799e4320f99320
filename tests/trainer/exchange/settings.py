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


FLUX_TOML = """
pretrained_model_name_or_path = "/models/flux1-dev.safetensors"
clip_l = "/models/clip_l.safetensors"
t5xxl = "/models/t5xxl.safetensors"
ae = "/models/ae.safetensors"
network_module = "networks.lora_flux"
network_dim = 16
network_alpha = 8
network_args = ["train_blocks=double", "split_qkv=False", "img_mod_dim=4"]
learning_rate = 1e-4
optimizer_type = "PagedAdamW8bit"
lr_scheduler = "cosine"
max_train_steps = 1200
train_batch_size = 2
resolution = "768,768"
enable_bucket = true
timestep_sampling = "shift"
discrete_flow_shift = 3.1582
sigmoid_scale = 1.2
model_prediction_type = "raw"
guidance_scale = 1.0
t5xxl_max_token_length = 384
apply_t5_attn_mask = true
weighting_scheme = "logit_normal"
blocks_to_swap = 18
fp8_base = true
cpu_offload_checkpointing = false
gradient_checkpointing = true
cache_text_encoder_outputs = true
mixed_precision = "bf16"
save_precision = "bf16"
save_every_n_steps = 200
min_snr_gamma = 5
seed = 9
"""
FLUXGYM_SCRIPT = r"""accelerate launch \
  --mixed_precision bf16 \
  --num_cpu_threads_per_process 1 \
  sd-scripts/flux_train_network.py \
  --pretrained_model_name_or_path "/app/fluxgym/models/unet/flux1-dev.sft" \
  --clip_l "/app/fluxgym/models/clip/clip_l.safetensors" \
  --t5xxl "/app/fluxgym/models/clip/t5xxl_fp16.safetensors" \
  --ae "/app/fluxgym/models/vae/ae.sft" \
  --cache_latents_to_disk \
  --save_model_as safetensors \
  --sdpa --persistent_data_loader_workers \
  --max_data_loader_n_workers 2 \
  --seed 42 \
  --gradient_checkpointing \
  --mixed_precision bf16 \
  --save_precision bf16 \
  --network_module networks.lora_flux \
  --network_dim 4 \
  --optimizer_type adafactor \
  --optimizer_args "relative_step=False" "scale_parameter=False" "warmup_init=False" \
  --split_mode \
  --network_args "train_blocks=single" \
  --lr_scheduler constant_with_warmup \
  --max_grad_norm 0.0 \--sample_prompts="/app/fluxgym/outputs/me/sample_prompts.txt" --sample_every_n_steps="50" \
  --learning_rate 8e-4 \
  --cache_text_encoder_outputs \
  --cache_text_encoder_outputs_to_disk \
  --fp8_base \
  --highvram \
  --max_train_epochs 16 \
  --save_every_n_epochs 4 \
  --dataset_config "/app/fluxgym/outputs/me/dataset.toml" \
  --output_dir "/app/fluxgym/outputs/me" \
  --output_name me \
  --timestep_sampling shift \
  --discrete_flow_shift 3.1582 \
  --model_prediction_type raw \
  --guidance_scale 1 \
  --loss_type l2 \
""".rstrip()
FLUXGYM_DATASET = """
[general]
shuffle_caption = false
caption_extension = '.txt'
keep_tokens = 1

[[datasets]]
resolution = 640
batch_size = 1
keep_tokens = 1

  [[datasets.subsets]]
  image_dir = '/app/fluxgym/datasets/me'
  class_tokens = 'sage_character'
  num_repeats = 10
"""
ENV = """
# SimpleTuner
export MODEL_FAMILY=flux
export MODEL_TYPE='lora'
export MODEL_NAME="black-forest-labs/FLUX.1-dev"
export DATALOADER_CONFIG="config/multidatabackend.json"
export MAX_NUM_STEPS=1800
export NUM_EPOCHS=0
export LEARNING_RATE=2e-4
export LR_SCHEDULE="polynomial"
export TRAIN_BATCH_SIZE=2
export OPTIMIZER="bnb-adamw8bit"
export USE_GRADIENT_CHECKPOINTING=true
export CHECKPOINTING_STEPS=300
TRAINER_EXTRA_ARGS="--lora_rank=32 --lora_alpha=16 --base_model_precision=nf4-bnb"
TRAINER_EXTRA_ARGS+=" --flux_lora_target=all+ffs --flow_schedule_auto_shift --flow_schedule_shift=0"
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
    """A job for some model."""
    return job(model={"name_or_path": "somebody/a-model", **model})


def job(**sections: Any) -> str:
    """The same with sections of one's own."""
    process: dict[str, Any] = {
        "type": "sd_trainer",
        "network": {"type": "lora", "linear": 16, "linear_alpha": 16},
        "train": {"lr": 1e-4, "steps": 2000},
        "model": {"name_or_path": "black-forest-labs/FLUX.1-dev", "is_flux": True},
        **sections,
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
