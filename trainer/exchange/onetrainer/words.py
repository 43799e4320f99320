"""OneTrainer's words for what a recipe says, its models, and settings that change no result."""

from collections.abc import Mapping
from typing import Any

from ...recipe.lora import Targets
from ...recipe.memory import Precision
from ...recipe.optim import Curve, Optimizer

OPTIMIZERS: Mapping[str, Optimizer] = {
    "ADAMW": "adamw",
    "ADAMW_8BIT": "adamw8bit",
    "LION_8BIT": "lion8bit",
    "ADAFACTOR": "adafactor",
    "PRODIGY": "prodigy",
    "SCHEDULE_FREE_ADAMW": "schedulefree",
}
STAND_INS: Mapping[str, Optimizer] = {
    "LION": "lion8bit",
    "PRODIGY_PLUS_SCHEDULE_FREE": "prodigy",
    "PRODIGY_ADV": "prodigy",
    "DADAPT_ADAM": "prodigy",
    "DADAPT_ADAN": "prodigy",
    "DADAPT_ADA_GRAD": "prodigy",
    "DADAPT_LION": "prodigy",
    "DADAPT_SGD": "prodigy",
    "ADAMW_ADV": "adamw",
}
"""What stands in for optimizers that are not here."""
CURVES: Mapping[str, Curve] = {
    "CONSTANT": "constant",
    "LINEAR": "linear",
    "COSINE": "cosine",
    "COSINE_WITH_HARD_RESTARTS": "cosine_with_restarts",
    "COSINE_WITH_RESTARTS": "cosine_with_restarts",
    "REX": "rex",
}
TARGETS: Mapping[str, Targets] = {
    "attn-only": "attention",
    "attn-mlp": "attention_mlp",
    "full": "attention_mlp_conv",
}
FILTERS: Mapping[str, Targets] = {
    "attn": "attention",
    "attentions": "attention_mlp",
    "attentions,resnets,samplers": "attention_mlp_conv",
}
"""`layer_filter`: parts of names of SDXL's and Stable Diffusion 1.5's layers that fit ours."""
DTYPES: Mapping[str, Precision] = {
    "BFLOAT_16": "bf16",
    "FLOAT_16": "fp16",
    "FLOAT_32": "fp32",
    "TFLOAT_32": "fp32",
}
WEIGHTS = {"CONSTANT": "", "MIN_SNR_GAMMA": "min_snr", "DEBIASED_ESTIMATION": "debiased"}
MODELS: Mapping[str, str] = {
    "STABLE_DIFFUSION_15_INPAINTING": "Stable Diffusion 1.5 for inpainting",
    "STABLE_DIFFUSION_20": "Stable Diffusion 2",
    "STABLE_DIFFUSION_20_BASE": "Stable Diffusion 2",
    "STABLE_DIFFUSION_20_INPAINTING": "Stable Diffusion 2 for inpainting",
    "STABLE_DIFFUSION_20_DEPTH": "Stable Diffusion 2",
    "STABLE_DIFFUSION_21": "Stable Diffusion 2.1",
    "STABLE_DIFFUSION_21_BASE": "Stable Diffusion 2.1",
    "STABLE_DIFFUSION_3": "Stable Diffusion 3",
    "STABLE_DIFFUSION_35": "Stable Diffusion 3.5",
    "STABLE_DIFFUSION_XL_10_BASE_INPAINTING": "SDXL for inpainting",
    "WUERSTCHEN_2": "Würstchen",
    "STABLE_CASCADE_1": "Stable Cascade",
    "PIXART_ALPHA": "PixArt Alpha",
    "PIXART_SIGMA": "PixArt Sigma",
    "FLUX_DEV_1": "FLUX.1",
    "FLUX_FILL_DEV_1": "FLUX.1 Fill",
    "FLUX_2": "FLUX.2",
    "SANA": "Sana",
    "HUNYUAN_VIDEO": "HunyuanVideo",
    "HI_DREAM_FULL": "HiDream",
    "CHROMA_1": "Chroma",
    "QWEN": "Qwen-Image",
    "ANIMA": "Anima",
    "KREA_2": "Krea 2",
    "Z_IMAGE": "Z-Image",
    "ERNIE": "ERNIE-Image",
    "IDEOGRAM_4": "Ideogram 4",
}
"""Those that are not trained here."""
TRAINED = ("STABLE_DIFFUSION_15", "STABLE_DIFFUSION_XL_10_BASE")
METHODS = {"FINE_TUNE": "a whole model", "EMBEDDING": "an embedding", "FINE_TUNE_VAE": "a VAE"}
KINDS = {"LOHA": "a LoHa", "OFT_2": "an OFT"}
PLACES = (
    *("base_model_name", "concept_file_name", "concepts", "workspace_dir", "cache_dir", "output_model_destination"),
    *("sample_definition_file_name", "samples", "lora_model_name", "debug_dir", "huggingface_cache_dir"),
    "save_filename_prefix",
)
NO_EFFECT = (
    *("__version", "debug_mode", "offline_mode", "tensorboard", "tensorboard_expose", "tensorboard_always_on"),
    *("tensorboard_port", "validation", "validate_after", "validate_after_unit", "continue_last_backup", "secrets"),
    *("prevent_overwrites", "include_train_config", "multi_gpu", "device_indexes", "gradient_reduce_precision"),
    *("fused_gradient_reduce", "async_gradient_reduce", "async_gradient_reduce_buffer", "async_offloading", "compile"),
    *("clear_cache_before_training", "dataloader_threads", "train_device", "temp_device", "fallback_train_dtype"),
    *("enable_autocast_cache", "only_cache", "frames", "attention_mechanism", "vb_loss_strength", "quantization"),
    *("prior", "transformer", "unconditional_transformer", "text_encoder_3", "text_encoder_4", "vae", "cloud"),
    *("effnet_encoder", "decoder", "decoder_text_encoder", "decoder_vqgan", "text_encoder_3_layer_skip", "embedding"),
    *("text_encoder_4_layer_skip", "text_encoder_sequence_length", "text_encoder_2_sequence_length"),
    *("embedding_learning_rate", "preserve_embedding_norm", "embedding_weight_dtype", "bundle_additional_embeddings"),
    *("optimizer_defaults", "sample_skip_first", "sample_image_format", "sample_video_format", "sample_audio_format"),
    *("samples_to_tensorboard", "non_ema_sampling", "backup_after", "backup_after_unit", "rolling_backup"),
    *("rolling_backup_count", "backup_before_save", "save_skip_first", "dynamic_timestep_shifting", "weight_dtype"),
    *("lora_decompose_norm_epsilon", "oft_block_size", "oft_block_share", "oft_scaled", "oft_coft", "coft_eps"),
    *("enable_async_offloading", "enable_activation_offloading", "layer_offload_fraction", "latent_caching_epochs"),
    *("scheduler_params", "custom_conditioning_image", "dataset_repeats", "lora_weight_dtype", "training_presets"),
)
"""For SDXL and Stable Diffusion 1.5: parts of other models, the machine's, and what is shown or kept beside."""
TOLD: Mapping[str, tuple[str, tuple[Any, ...]]] = {
    "dropout_probability": ("a LoRA's own dropout has no counterpart here", (0, 0.0)),
    "custom_learning_rate_scheduler": ("no counterpart here", ()),
    "loss_scaler": ("losses are means here", ("NONE",)),
    "generalized_offset_noise": ("no counterpart here", ()),
    "perturbation_noise_weight": ("no counterpart here", (0, 0.0)),
    "rescale_noise_scheduler_to_zero_terminal_snr": ("read from the base model's file here", ()),
    "force_v_prediction": ("read from the base model's file here", ()),
    "force_epsilon_prediction": ("read from the base model's file here", ()),
    "min_noising_strength": ("all noise levels are trained here", (0, 0.0)),
    "max_noising_strength": ("all noise levels are trained here", (1, 1.0)),
    "timestep_distribution": ("noise levels are drawn evenly here", ("UNIFORM",)),
    "noising_weight": ("noise levels are drawn evenly here", (0, 0.0)),
    "noising_bias": ("noise levels are drawn evenly here", (0, 0.0)),
    "timestep_shift": ("noise levels are drawn evenly here", (1, 1.0)),
    "force_circular_padding": ("no counterpart here", ()),
    "additional_embeddings": ("embeddings are not trained here", ([],)),
    "masked_prior_preservation_weight": ("no counterpart here", (0, 0.0)),
    "text_encoder_2_layer_skip": ("SDXL's second text encoder is read at its last layer but one here", (0,)),
    "latent_caching": ("always so here", (True,)),
    "lora_decompose_output_axis": ("lengths are of outputs here", (True,)),
}
"""Settings without a counterpart: why, and the values that mean nothing."""
