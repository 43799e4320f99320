"""SimpleTuner's words for what a recipe says, and settings that change no result."""

from collections.abc import Mapping
from typing import Any

from ...recipe.lora import Targets
from ...recipe.loss import LossKind
from ...recipe.memory import Precision, Quantization
from ...recipe.optim import Curve, Optimizer

FAMILIES = {
    "flux": "flux1",
    "z_image": "z_image",
    "z-image": "z_image",
    "flux2": "flux2",
    "sdxl": "sdxl",
    "sd1x": "sd15",
    "sd15": "sd15",
}
"""`model_family` of bases whose recipes are read."""
OPTIMIZERS: Mapping[str, Optimizer] = {
    "torch-adamw": "adamw",
    "bnb-adamw8bit": "adamw8bit",
    "bnb-adamw8bit-paged": "paged_adamw8bit",
    "bnb-lion8bit": "lion8bit",
    "torch-adafactor": "adafactor",
    "prodigy": "prodigy",
    "adamw_schedulefree": "schedulefree",
}
STAND_INS: Mapping[str, tuple[Optimizer, str]] = {
    "adamw_bf16": ("adamw", "with moments and weights in fp32"),
    "optimi-adamw": ("adamw", "the same by another library"),
    "optimi-stableadamw": ("adamw", "which clips by norm in its place"),
    "bnb-adamw": ("adamw", "the same by another library"),
    "bnb-adamw-paged": ("adamw", "the same without paging its memory"),
    "ao-adamw8bit": ("adamw8bit", "the same by another library"),
    "ao-adamw4bit": ("adamw8bit", "with 8 bits in place of 4"),
    "ao-adamfp8": ("adamw8bit", "with 8 bits of another kind"),
    "ao-adamwfp8": ("adamw8bit", "with 8 bits of another kind"),
    "sdnq-adamw": ("adamw8bit", "with 8 bits of another kind"),
    "bnb-lion": ("lion8bit", "the same with 8-bit memory"),
    "bnb-lion-paged": ("lion8bit", "the same with 8-bit memory"),
    "bnb-lion8bit-paged": ("lion8bit", "the same without paging its memory"),
    "optimi-lion": ("lion8bit", "the same with 8-bit memory"),
    "sdnq-lion": ("lion8bit", "the same with 8-bit memory"),
    "sdnq-adafactor": ("adafactor", "the same by another library"),
}
"""Their optimizers that are not here, what stands in for each, and why."""
CURVES: Mapping[str, Curve] = {
    "constant": "constant",
    "constant_with_warmup": "constant",
    "linear": "linear",
    "cosine": "cosine",
    "cosine_with_restarts": "cosine_with_restarts",
    "polynomial": "polynomial",
    "sine": "cosine",
}
TARGETS: Mapping[str, Targets] = {
    "all": "attention",
    "all+ffs": "attention_mlp",
    "ai-toolkit": "all",
}
"""`flux_lora_target`; "all" are all layers of attention."""
PRECISIONS: Mapping[str, Precision] = {"bf16": "bf16", "fp16": "fp16", "no": "fp32", "fp32": "fp32", "fp8": "bf16"}
QUANTIZED: Mapping[str, Quantization] = {
    "no_change": "none",
    "bf16": "none",
    "fp32": "none",
    "nf4-bnb": "nf4",
    "int8-quanto": "int8",
    "fp8-quanto": "fp8",
    "int8-torchao": "int8",
    "fp8-torchao": "fp8",
    "int8-sdnq": "int8",
    "uint8-sdnq": "int8",
    "fp8-sdnq": "fp8",
}
NEAREST: Mapping[str, Quantization] = {
    "int4": "nf4",
    "uint4": "nf4",
    "nf4": "nf4",
    "int2": "nf4",
    "int3": "nf4",
    "int5": "int8",
    "int6": "int8",
    "int8": "int8",
    "fp8uz": "fp8",
    "fp8": "fp8",
    "fp4": "nf4",
}
"""By the beginning of other precisions."""
LOSSES: Mapping[str, LossKind] = {"l2": "l2", "huber": "huber", "smooth_l1": "smooth_l1"}
HUBER_SCHEDULES = {"snr": "snr", "exponential": "exponential", "constant": "constant"}
PLACES = (
    *("pretrained_model_name_or_path", "pretrained_transformer_model_name_or_path", "output_dir", "cache_dir"),
    *("pretrained_vae_model_name_or_path", "pretrained_t5_model_name_or_path", "pretrained_unet_model_name_or_path"),
    *("cache_dir_text", "cache_dir_vae", "init_lora", "init_lora_ema", "assistant_lora_path", "configs_dir"),
    *("resume_from_checkpoint", "user_prompt_library", "pretrained_transformer_subfolder", "instance_prompt"),
    *("controlnet_model_name_or_path", "offload_param_path", "assistant_lora_weight_name", "logging_dir"),
)
NO_EFFECT = (
    *("model_flavour", "report_to", "hub_model_id", "push_to_hub", "push_checkpoints_to_hub", "tracker_run_name"),
    *("push_to_hub_background", "tracker_project_name", "vae_batch_size", "disable_bucket_pruning", "quantize_via"),
    *("compress_disk_cache", "vae_enable_tiling", "vae_enable_slicing", "minimum_image_size", "attention_mechanism"),
    *("disable_benchmark", "num_eval_images", "validation_num_video_frames", "strict_epoch_limit", "num_processes"),
    *("text_encoder_batch_size", "skip_file_discovery", "offload_during_startup", "offload_during_save", "dynamo_mode"),
    *("dynamo_backend", "dynamo_use_regional_compilation", "gradient_checkpointing_backend", "model_card_private"),
    *("aspect_bucket_rounding", "allow_dataset_oversubscription", "eval_steps_interval", "sdnq_compile_mode"),
    *("sdnq_group_size", "sdnq_use_hadamard", "sdnq_hadamard_group_size"),
    *("fuse_qkv_projections", "fused_qkv_projections", "delete_problematic_images", "text_cache_ondemand"),
    *("text_cache_disable", "trust_remote_code", "vae_cache_ondemand", "vae_cache_disable", "ema_device"),
    *("ema_cpu_only", "ema_foreach_disable", "ema_validation", "evaluation_type", "ignore_missing_files"),
    *("delete_unwanted_images", "torch_num_threads", "read_batch_size", "write_batch_size", "max_workers"),
    *("image_processing_batch_size", "metadata_update_interval", "caption_strategy", "num_machines", "disable_tf32"),
    *("allow_tf32", "base_model_default_dtype", "vae_dtype", "keep_vae_loaded", "set_grads_to_none", "snr_gamma"),
    *("local_rank", "find_unused_parameters", "prediction_type", "training_scheduler_timestep_spacing", "lora_format"),
    *("inference_scheduler_timestep_spacing", "seed_for_each_device", "gradient_precision", "enable_watermark"),
    *(
        "i_know_what_i_am_doing",
        "vae_enable_patch_conv",
        "vae_enable_temporal_roll",
        "webhook_config",
        "lora_init_type",
    ),
    *("merge_environment_config", "accelerate_config", "accelerate_extra_args", "main_process_port", "model_card_note"),
    *("model_card_safe_for_work", "modelspec_comment", "publishing_config", "sageattention_usage", "framerate"),
    *("enable_xformers_memory_efficient_attention", "checkpointing_use_tempdir", "rescale_betas_zero_snr"),
    *("checkpoints_rolling_total_limit", "checkpointing_rolling_steps", "gradient_checkpointing_segment_stride"),
    *("musubi_blocks_to_swap", "musubi_block_swap_device", "ramtorch_disable_sync_hooks", "eval_epoch_interval"),
    *("ramtorch_disable_extensions", "ramtorch_target_modules", "ramtorch_vae", "eval_loss_disable"),
    *("ramtorch_transformer_percent", "ramtorch_text_encoder_percent", "accelerator_cache_clear_interval"),
    *("lr_num_cycles", "context_parallel_size", "context_parallel_comm_strategy", "conditioning_multidataset_sampling"),
)
"""The machine's, the hub's, and how pictures are drawn and shown. Its swap of blocks is skipped while it trains."""
TOLD: Mapping[str, tuple[str, tuple[Any, ...]]] = {
    "data_backend_config": ("a list of picture folders: load them as a dataset", ()),
    "lora_dropout": ("a LoRA's own dropout has no counterpart here", (0, 0.0, "0", "0.0")),
    "flux_attention_masked_training": ("what captions are filled up with is read as well, as ComfyUI does", ()),
    "flux_fast_schedule": ("no counterpart here", ()),
    "flow_custom_timesteps": ("no counterpart here", ()),
    "flow_cubic_schedule_weights": ("no counterpart here", ()),
    "train_text_encoder": ("its text encoders learn nothing here: set text_encoder_lr", ()),
    "tread_config": ("no counterpart here", ()),
    "distillation_method": ("nothing is distilled here", ()),
    "distillation_config": ("nothing is distilled here", ()),
    "ramtorch": ("choose swapped_blocks", ()),
    "ramtorch_text_encoder": ("text encoders leave the GPU when captions are read", ()),
    "enable_group_offload": ("choose swapped_blocks", ()),
    "gradient_checkpointing_interval": ("choose checkpointed_blocks", (1, "1")),
    "gradient_checkpointing_offload_attention": ("choose offload_activations", ()),
    "offset_noise": ("bases that predict flow have none", ()),
    "input_perturbation": ("no counterpart here", (0, 0.0)),
    "masked_loss_probability": ("masks count in every step here", (1, 1.0)),
    "layer_freeze_strategy": ("no counterpart here", ("none",)),
    "init_lokr_norm": ("no counterpart here", ()),
    "peft_lora_mode": ("no counterpart here", ("standard",)),
    "peft_lora_target_modules": ("layers are chosen by kind here", ()),
    "slider_lora_target": ("no counterpart here", ()),
    "optimizer_config": ("no counterpart here", ()),
    "prodigy_steps": ("no counterpart here", (0,)),
    "quantize_activations": ("activations keep the precision of training here", ()),
    "quantization_config": ("one precision for all layers here", ()),
    "checkpoint_epoch_interval": ("saving goes by steps here", (0,)),
    "validation_epoch_interval": ("samples go by steps here", (0,)),
    "lr_scale": ("no counterpart here", ()),
    "max_upscale_threshold": ("pictures smaller than their bucket are scaled up and named", ()),
    "crepa_enabled": ("no counterpart here", ()),
    "ema_warmup_steps": ("no counterpart here", (0,)),
    "ema_update_interval": ("the mean moves with every update here", (1, "1")),
}
"""Settings without a counterpart: why, and the values that mean nothing."""
