"""Options of kohya's that a recipe has no place for, and why; and those that change no result."""

from ..keys import PLACE, Keys

_NO_EFFECT = (
    *("xformers", "sdpa", "mem_eff_attn", "lowram", "highvram", "cache_latents", "vae_batch_size", "logging_dir"),
    *("log_with", "log_prefix", "max_data_loader_n_workers", "persistent_data_loader_workers", "save_state"),
    *("no_half_vae", "cache_text_encoder_outputs_to_disk", "skip_cache_check", "save_state_on_train_end"),
    *("save_last_n_steps_state", "save_last_n_epochs_state", "save_state_to_huggingface", "log_tracker_name"),
    *("log_tracker_config", "log_config", "wandb_run_name", "wandb_api_key", "training_comment", "no_metadata"),
    *("huggingface_repo_id", "huggingface_repo_type", "huggingface_path_in_repo", "huggingface_token", "cache_info"),
    *(
        "huggingface_repo_visibility",
        "async_upload",
        "ddp_timeout",
        "ddp_gradient_as_bucket_view",
        "sdxl",
        "use_safetensors",
    ),
    *("ddp_static_graph", "deepspeed", "zero_stage", "torch_compile", "dynamo_backend", "debug_dataset", "config_file"),
    *("output_config", "tokenizer_cache_dir", "console_log_level", "console_log_file", "console_log_simple"),
    *(
        "metadata_title",
        "metadata_author",
        "metadata_description",
        "metadata_license",
        "metadata_tags",
        "fused_backward_pass",
    ),
    *("disable_mmap_load_safetensors", "cpu_offload_checkpointing", "blocks_to_swap", "text_encoder_batch_size"),
    *(
        "validation_seed",
        "validation_split",
        "validate_every_n_steps",
        "validate_every_n_epochs",
    ),
    *("max_validation_steps", "sample_sampler", "sample_at_first"),
    *("noise_offset_type", "save_toml", "save_tag_occurrence", "tag_occurrence", "save_toml_location"),
)
_PLACES = (
    *("pretrained_model_name_or_path", "train_data_dir", "reg_data_dir", "output_dir", "output_name", "vae"),
    *("dataset_config", "network_weights", "sample_prompts", "resume", "resume_from_huggingface", "in_json"),
    *("base_weights", "base_weights_multiplier", "conditioning_data_dir", "tag_file_location"),
)
_NO_COUNTERPART = (
    *("adaptive_noise_scale", "noise_offset_random_strength", "ip_noise_gamma", "ip_noise_gamma_random_strength"),
    *("multires_noise_iterations", "scale_v_pred_loss_like_noise_pred", "v_pred_like_loss", "weighted_captions"),
    *("full_fp16", "full_bf16", "caption_dropout_every_n_epochs", "token_warmup_step"),
    *("keep_tokens_separator", "secondary_separator", "caption_prefix", "caption_suffix"),
    *("face_crop_aug_range", "loraplus_lr_ratio", "loraplus_unet_lr_ratio", "loraplus_text_encoder_lr_ratio"),
    *("stop_text_encoder_training", "skip_until_initial_step", "initial_epoch", "initial_step", "no_token_padding"),
    *("save_n_epoch_ratio", "dataset_class", "resize_interpolation", "optimizer_schedulefree_wrapper"),
)


def leave_others(keys: Keys) -> None:
    """Take every option that is known and not used."""
    for name in _PLACES:
        keys.leave(name, PLACE)
    keys.changes_nothing(*_NO_EFFECT)
    for name in _NO_COUNTERPART:
        keys.leave(name, "no counterpart here", unless=(0, 0.0, "0"))
    discount = keys.raw("multires_noise_discount")
    if discount not in (None, "") and any(left.key == "multires_noise_iterations" for left in keys.told):
        keys.note("multires_noise_discount", discount, "no counterpart here")
    for name in ("save_every_n_epochs", "sample_every_n_epochs", "save_last_n_epochs"):
        keys.leave(name, "saving and sampling go by steps here", unless=(0,))
    leave_pictures(keys)
    keys.leave(
        "enable_wildcard", "captions one a line take turns here in any case, {a|b} stays as it is", unless=(0, "0")
    )
    keys.leave("save_model_as", "saved as safetensors here", unless=("safetensors",))
    keys.leave("caption_separator", "tags are parted by commas here", unless=(",",))
    keys.leave("max_token_length", "captions are cut at 75 tokens here", unless=(75, "75"))
    keys.leave("min_timestep", "all noise levels are trained here", unless=(0,))
    keys.leave("max_timestep", "all noise levels are trained here", unless=(0, 1000))
    keys.leave("token_warmup_min", "no counterpart here", unless=(1,))
    for name in ("v_parameterization", "zero_terminal_snr"):
        keys.leave(name, "read from the base model's file here")
    keys.leave("epoch", "kohya goes by max_train_epochs, and leaves this out as well")
    keys.leave("train_inpainting", "inpainting bases are not trained here")


def leave_pictures(keys: Keys) -> None:
    """What is done to pictures before they are learnt, of the whole file or of a folder in it."""
    keys.leave("flip_aug", "faces are not mirrored here: nobody's are the same both ways round")
    keys.leave("color_aug", "colours are not changed here: they are part of who somebody is")
    keys.leave("random_crop", "pictures are cut at the centre here")
    for name in ("caption_extension", "caption_extention"):
        keys.leave(name, "captions are .txt here", unless=(".txt",))
