"""kohya_ss' window: what it calls kohya's options, what it starts with, and what its kinds of LoRA stand for."""

from collections.abc import Mapping
from typing import Any

OPTIONS: Mapping[str, str] = {
    "optimizer": "optimizer_type",
    "max_resolution": "resolution",
    "sdxl_cache_text_encoder_outputs": "cache_text_encoder_outputs",
    "sdxl_no_half_vae": "no_half_vae",
    "lora_network_weights": "network_weights",
}
"""Its names to kohya's, where they differ."""
DEFAULTS: Mapping[str, Any] = {
    "network_dim": 8,
    "network_alpha": 1,
    "learning_rate": 1e-4,
    "unet_lr": 1e-4,
    "text_encoder_lr": 1e-4,
    "lr_scheduler": "cosine",
    "lr_warmup": 10,
    "max_train_steps": 1600,
    "epoch": 1,
    "max_resolution": "512,512",
    "enable_bucket": True,
    "min_bucket_reso": 256,
    "max_bucket_reso": 2048,
    "bucket_no_upscale": True,
    "mixed_precision": "fp16",
    "save_precision": "fp16",
    "noise_offset_type": "Original",
    "conv_dim": 1,
    "conv_alpha": 1,
    "LoRA_type": "Standard",
}
"""What the window starts with, where that is not kohya's own default (kohya_ss 26.0)."""
MODULES: Mapping[str, tuple[str, str]] = {
    "Standard": ("networks.lora", ""),
    "Kohya LoCon": ("networks.lora", ""),
    "Kohya LoKr": ("networks.lokr", ""),
    "Kohya LoHa": ("networks.loha", ""),
    "Kohya DyLoRA": ("networks.dylora", ""),
    "LoRA-FA": ("networks.lora_fa", ""),
    "LoCon": ("lycoris.kohya", "locon"),
    "LyCORIS/LoCon": ("lycoris.kohya", "locon"),
    "LyCORIS/LoKr": ("lycoris.kohya", "lokr"),
    "LyCORIS/LoHa": ("lycoris.kohya", "loha"),
    "LyCORIS/iA3": ("lycoris.kohya", "ia3"),
    "LyCORIS/BOFT": ("lycoris.kohya", "boft"),
    "LyCORIS/Diag-OFT": ("lycoris.kohya", "diag-oft"),
    "LyCORIS/DyLoRA": ("lycoris.kohya", "dylora"),
    "LyCORIS/GLoRA": ("lycoris.kohya", "glora"),
    "LyCORIS/Native Fine-Tuning": ("lycoris.kohya", "full"),
    "Flux1": ("networks.lora_flux", ""),
    "Flux1 OFT": ("networks.oft_flux", ""),
    "Anima": ("networks.lora_anima", ""),
    "HunyuanImage-2.1": ("networks.lora_hunyuan_image", ""),
    "Lumina": ("networks.lora_lumina", ""),
}
"""`LoRA_type` to kohya's module and LyCORIS' algorithm."""
BOXES: Mapping[str, str] = {
    "sd3_checkbox": "Stable Diffusion 3",
    "anima_checkbox": "Anima",
    "lumina_checkbox": "Lumina Image 2",
    "hunyuan_image_checkbox": "HunyuanImage 2.1",
}
"""Ticked for models that are not trained here."""
_LORA = ("rank_dropout", "module_dropout")
_BLOCKS = (
    *("down_lr_weight", "mid_lr_weight", "up_lr_weight", "block_lr_zero_threshold"),
    *("block_dims", "block_alphas", "conv_block_dims", "conv_block_alphas"),
)
_LYCORIS = (
    *("conv_dim", "conv_alpha", "rank_dropout", "module_dropout", "use_tucker", "use_scalar", "dora_wd"),
    *("rank_dropout_scale", "bypass_mode", "train_norm"),
)
_FLUX = (
    *("img_attn_dim", "img_mlp_dim", "img_mod_dim", "single_dim", "txt_attn_dim", "txt_mlp_dim", "txt_mod_dim"),
    *("single_mod_dim", "in_dims", "train_double_block_indices", "train_single_block_indices", "train_blocks"),
    *("split_qkv", "train_t5xxl"),
)
_RATIOS = ("loraplus_lr_ratio", "loraplus_unet_lr_ratio", "loraplus_text_encoder_lr_ratio")
ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "Standard": (*_BLOCKS, *_LORA, *_RATIOS),
    "Flux1": (*_FLUX, *_LORA, *_RATIOS),
    "Kohya LoCon": ("conv_dim", "conv_alpha", *_BLOCKS, *_LORA, *_RATIOS),
    "Kohya LoKr": ("conv_dim", "conv_alpha", "use_tucker", "factor", *_LORA, *_RATIOS),
    "LoCon": (*_LYCORIS, *_RATIOS),
    "LyCORIS/LoCon": (*_LYCORIS, *_RATIOS),
    "LyCORIS/LoKr": (*_LYCORIS, "factor", "use_cp", "decompose_both", *_RATIOS),
}
"""Fields that become arguments of the network, by kind; the same fields mean nothing with another."""
OF_NETWORKS = (
    *("LyCORIS_preset", "unit", "constrain", "rescaled", "train_on_input", *_LYCORIS, *_BLOCKS, *_RATIOS),
    *("factor", "use_cp", "decompose_both"),
)
OF_THE_WINDOW = (
    *("num_cpu_threads_per_process", "num_machines", "gpu_ids", "main_process_port", "dynamo_mode", "model_list"),
    *("dynamo_use_fullgraph", "dynamo_use_dynamic", "extra_accelerate_launch_args", "save_as_bool", "lowvram"),
    *("show_timesteps", "show_timesteps_resolution", "training_preset", "file_path", "train_lora_ggpo", "ggpo_sigma"),
    *("ggpo_beta", "conv_dims", "conv_alphas", "num_processes", "multi_gpu", "use_wandb"),
)
OF_OTHER_MODELS = (
    *("ae", "clip_l", "clip_g", "t5xxl", "t5xxl_lr", "model_type", "discrete_flow_shift", "model_prediction_type"),
    *("timestep_sampling", "split_mode", "train_blocks", "t5xxl_max_token_length", "enable_all_linear", "in_dims"),
    *("guidance_scale", "mem_eff_save", "apply_t5_attn_mask", "split_qkv", "train_t5xxl", "cpu_offload_checkpointing"),
    *("single_blocks_to_swap", "double_blocks_to_swap", "img_attn_dim", "img_mlp_dim", "img_mod_dim", "single_dim"),
    *("txt_attn_dim", "txt_mlp_dim", "txt_mod_dim", "single_mod_dim", "train_double_block_indices", "mode_scale"),
    *("train_single_block_indices", "clip_g_dropout_rate", "logit_mean", "logit_std", "pos_emb_random_crop_rate"),
    *("save_clip", "save_t5xxl", "t5xxl_device", "t5xxl_dtype", "weighting_scheme", "fp8_base_unet"),
)
OF_FLUX: Mapping[str, str] = {
    "flux1_cache_text_encoder_outputs": "cache_text_encoder_outputs",
    "flux1_cache_text_encoder_outputs_to_disk": "cache_text_encoder_outputs_to_disk",
    "flux1_clip_l": "clip_l",
    "flux1_t5xxl": "t5xxl",
    "flux_fp8_base": "fp8_base",
    **{
        name: name
        for name in (
            *("ae", "clip_l", "t5xxl", "discrete_flow_shift", "model_prediction_type", "timestep_sampling"),
            *("t5xxl_max_token_length", "guidance_scale", "apply_t5_attn_mask", "split_mode", "mem_eff_save"),
            *("cpu_offload_checkpointing", "blocks_to_swap", "weighting_scheme", "logit_mean", "logit_std"),
            *("mode_scale", "fp8_base", "fp8_base_unet", "sigmoid_scale", "model_type"),
        )
    },
}
"""Fields that count when FLUX.1 is trained, and kohya's names of them."""
OF_SDXL = ("sdxl_cache_text_encoder_outputs", "sdxl_no_half_vae", "flux1_checkbox")
"""Fields that mean nothing then."""
OTHER_MODELS_BEGIN = ("flux1_", "sd3_", "anima_", "lumina_", "hunyuan_", "chroma_")
"""Fields of models whose boxes are not ticked."""
