"""ai-toolkit's words for what a recipe says, and settings that change no result."""

from collections.abc import Mapping
from typing import Any

from ...recipe.flow import TimeSampling
from ...recipe.lora import Targets
from ...recipe.memory import Precision, Quantization
from ...recipe.optim import Curve, Optimizer

FAMILIES = {
    "flux": "flux1",
    "flux_kontext": "flux1",
    "flux2_klein_4b": "flux2",
    "flux2_klein_9b": "flux2",
    "zimage": "z_image",
    "sdxl": "sdxl",
    "sd1": "sd15",
    "sd15": "sd15",
}
"""`model.arch` of bases whose recipes are read."""
FLAGS = {
    "is_flux": "flux",
    "is_xl": "sdxl",
    "is_v3": "sd3",
    "is_lumina2": "lumina2",
    "is_auraflow": "auraflow",
    "is_pixart": "pixart",
    "is_pixart_sigma": "pixart",
    "is_v2": "sd2",
    "is_ssd": "ssd",
    "is_vega": "vega",
}
"""What stood for `arch` before there was one."""
OPTIMIZERS: Mapping[str, Optimizer] = {
    "adamw": "adamw",
    "adamw8bit": "adamw8bit",
    "lion8bit": "lion8bit",
    "adafactor": "adafactor",
    "prodigy": "prodigy",
}
STAND_INS: Mapping[str, tuple[Optimizer, str]] = {
    "adam": ("adamw", "whose decay is apart from the gradient"),
    "adam8": ("adamw8bit", "whose decay is apart from the gradient"),
    "adam8bit": ("adamw8bit", "whose decay is apart from the gradient"),
    "adamw8": ("adamw8bit", "the same by another library"),
    "lion": ("lion8bit", "the same with 8-bit memory"),
    "prodigy8bit": ("prodigy", "the same with whole memory"),
    "dadaptation": ("prodigy", "which finds the rate itself as it does"),
    "dadaptationadam": ("prodigy", "which finds the rate itself as it does"),
    "dadaptationlion": ("prodigy", "which finds the rate itself as it does"),
}
"""Their optimizers that are not here, what stands in for each, and why."""
CURVES: Mapping[str, Curve] = {
    "constant": "constant",
    "constant_with_warmup": "constant",
    "cosine": "cosine",
    "cosine_with_restarts": "cosine_with_restarts",
    "polynomial": "polynomial",
}
SAMPLINGS: Mapping[str, TimeSampling] = {
    "linear": "uniform",
    "sigmoid": "sigmoid",
    "weighted": "weighted",
    "shift": "shift",
    "flux_shift": "flux_shift",
}
PRECISIONS: Mapping[str, Precision] = {
    "bf16": "bf16",
    "bfloat16": "bf16",
    "fp16": "fp16",
    "float16": "fp16",
    "fp32": "fp32",
    "float32": "fp32",
    "float": "fp32",
}
QUANTIZED: Mapping[str, Quantization] = {
    "qfloat8": "fp8",
    "float8": "fp8",
    "qint8": "int8",
    "int8": "int8",
    "uint8": "int8",
    "convrot8": "int8_w8a8",
    "nf4": "nf4",
}
NEAREST: Mapping[str, Quantization] = {
    "uint4": "nf4",
    "uint3": "nf4",
    "uint2": "nf4",
    "int4": "nf4",
    "nvfp4": "nf4",
    "uint5": "int8",
    "uint6": "int8",
    "uint7": "int8",
}
"""By the beginning of others."""
LAYERS: Mapping[Targets, tuple[str, ...]] = {
    "attention": (".attn.",),
    "attention_mlp": (".attn.", ".ff.", ".ff_context.", "proj_mlp", "proj_out"),
    "double_blocks": ("transformer.transformer_blocks.",),
    "single_blocks": ("transformer.single_transformer_blocks.",),
}
"""`only_if_contains` of FLUX: parts of names of layers, by what they come to."""
PLACES = (
    *("training_folder", "sqlite_db_path", "name_or_path", "folder_path", "dataset_path", "assistant_lora_path"),
    *("vae_path", "unet_path", "te_name_or_path", "extras_name_or_path", "lora_path", "model_paths", "hf_repo_id"),
    *("pretrained_lora_path", "refiner_name_or_path", "inference_lora_path"),
    *("unconditional_lora_path", "accuracy_recovery_adapter", "unconditional_path", "inpaint_path"),
    *("adapter_assist_name_or_path", "latent_feature_extractor_path", "diffusion_feature_extractor_path"),
)
NO_EFFECT: Mapping[str, tuple[str, ...]] = {
    "process": ("type", "device", "performance_log_every", "logging", "torch_profiler", "first_sample", "name"),
    "network": ("transformer_only", "split_multistage_loras", "old_lokr_format", "lorm", "alpha", "rank"),
    "save": ("save_format", "push_to_hub", "hf_private"),
    "train": (
        *("xformers", "sdp", "attention_backend", "skip_first_sample", "force_first_sample", "unload_text_encoder"),
        *("cache_text_embeddings", "switch_boundary_every", "max_loss_debug", "train_refiner", "free_u"),
        *("show_turbo_outputs", "negative_prompt", "max_negative_prompts", "validation_config", "refiner_lr"),
        *("embedding_lr", "adapter_lr", "max_cfg_scale", "cfg_rescale", "num_train_timesteps", "sdp_backend"),
        *("next_sample_timesteps", "audio_loss_multiplier", "unconditional_prompt", "paramiter_swapping_factor"),
    ),
    "model": (
        *("low_vram", "dtype", "vae_device", "vae_dtype", "te_device", "te_dtype", "split_model_over_gpus"),
        *("compile", "block_compile", "compile_mode", "compile_fullgraph", "compile_dynamic", "cache_size_limit"),
        *("split_model_other_module_param_count_scale", "use_flux_cfg", "experimental_xl", "refiner_start_at"),
        *("layer_offloading_transformer_percent", "layer_offloading_text_encoder_percent", "text_encoder_bits"),
        *("is_v_pred", "use_text_encoder_1", "use_text_encoder_2", "latent_space_version", "quantize_kwargs"),
    ),
    "dataset": (
        *("type", "cache_tensors_to_disk", "cache_clip_vision_to_disk", "cache_text_embeddings", "num_workers"),
        *(
            "prefetch_factor",
            "shrink_video_to_frames",
            "fps",
            "fast_image_size",
            "controls",
            "num_frames",
            "extra_values",
        ),
        *("load_image_when_caching_latents", "cache_latents_num_workers", "auto_frame_count", "do_i2v", "do_audio"),
        *("guidance_type", "debug", "random_triggers_max", "replay_transforms", "full_size_control_images"),
        *("trim_auto_frame_count_tail", "audio_preserve_pitch", "audio_normalize", "control_transparent_color"),
    ),
    "sample": (
        *("sampler", "sample_start_step", "width", "height", "neg", "seed", "walk_seed", "guidance_scale", "format"),
        *("sample_steps", "network_multiplier", "guidance_rescale", "ext", "num_frames", "fps", "refiner_start_at"),
        *("adapter_conditioning_scale", "extra_values", "do_cfg_norm"),
    ),
}
"""By section: the machine's, the hub's, and how pictures are drawn and shown."""
_OFF: tuple[Any, ...] = (0, 0.0)
_ON: tuple[Any, ...] = (1, 1.0)
TOLD: Mapping[str, Mapping[str, tuple[str, tuple[Any, ...]]]] = {
    "process": {
        "trigger_word": ("the trigger belongs to the dataset", ()),
        "adapter": ("no adapter is trained here", ()),
        "embedding": ("no embedding is trained here", ()),
        "decorator": ("no counterpart here", ()),
        "guidance": ("no counterpart here", ()),
    },
    "network": {
        "dropout": ("a LoRA's own dropout has no counterpart here", _OFF),
        "layer_offloading": ("choose swapped_blocks", ()),
        "all_layers": ("layers are chosen by kind here", ()),
    },
    "save": {},
    "train": {
        "min_denoising_steps": ("all noise levels are trained here", _OFF),
        "max_denoising_steps": ("all noise levels are trained here", (999, 1000)),
        "bypass_guidance_embedding": ("guidance is told to the base here: 1 in training", ()),
        "do_guidance_loss_cfg_zero": ("no counterpart here", ()),
        "do_differential_guidance": ("no counterpart here", ()),
        "differential_guidance_scale": ("no counterpart here", (3, 3.0)),
        "blank_prompt_preservation": ("choose output_preservation, of the class word", ()),
        "blank_prompt_preservation_multiplier": ("no counterpart here", _ON),
        "diff_output_preservation_class": ("the class word is the dataset's subject", ()),
        "inverted_mask_prior": ("no counterpart here", ()),
        "inverted_mask_prior_multiplier": ("no counterpart here", (0.5,)),
        "snr_gamma": ("no counterpart here", ()),
        "learnable_snr_gos": ("no counterpart here", ()),
        "prompt_dropout_prob": ("choose caption_dropout", _OFF),
        "start_step": ("a run begins at its first step here", _OFF),
        "do_cfg": ("no counterpart here", ()),
        "single_item_batching": ("no counterpart here", ()),
        "merge_network_on_save": ("LoRAs stay files of their own here", ()),
        "merge_network_on_save_strength": ("LoRAs stay files of their own here", _ON),
        "short_and_long_captions": ("no counterpart here", ()),
        "noise_multiplier": ("no counterpart here", _ON),
        "img_multiplier": ("no counterpart here", _ON),
        "random_noise_shift": ("no counterpart here", _OFF),
        "optimal_noise_pairing_samples": ("no counterpart here", _ON),
        "max_loss": ("no counterpart here", ()),
    },
    "model": {
        "attn_masking": ("what captions are filled up with is read as well, as ComfyUI does", ()),
        "layer_offloading": ("choose swapped_blocks", ()),
        "auto_memory": ("choose swapped_blocks", ()),
        "ignore_if_contains": ("layers are chosen by kind here", ()),
        "only_if_contains": ("layers are chosen by kind here", ()),
        "model_kwargs": ("no counterpart here", ({},)),
    },
    "dataset": {
        "default_caption": ("captions belong to the dataset", ()),
        "trigger_word": ("the trigger belongs to the dataset", ()),
        "caption_ext": ("captions are .txt here", ("txt", ".txt")),
        "caption_type": ("captions are .txt here", ("txt", ".txt")),
        "num_repeats": ("repeats belong to the dataset: folders named 10_name, or Load character dataset", _ON),
        "is_reg": ("regularisation pictures are an input of Train character LoRA", ()),
        "prior_reg": ("choose output_preservation", ()),
        "network_weight": ("all pictures count alike here", _ON),
        "loss_multiplier": ("all pictures count alike here", _ON),
        "batch_size": ("one batch size for all pictures here", ()),
        "flip_x": ("faces are not mirrored here: nobody's are the same both ways round", ()),
        "flip_y": ("pictures are not turned over here", ()),
        "random_crop": ("pictures are cut at the centre here", ()),
        "random_scale": ("pictures are scaled to their bucket here", ()),
        "square_crop": ("pictures are cut at the centre of their own aspect here", ()),
        "scale": ("pictures are scaled to their bucket here", _ON),
        "augments": ("pictures are not changed here", ([],)),
        "augmentations": ("pictures are not changed here", ([],)),
        "mask_path": ("masks belong to the dataset: it reads them from transparency and mask files", ()),
        "control_path": ("trained without the pictures beside each, as plain text to picture", ()),
        "clip_image_path": ("trained without the pictures beside each, as plain text to picture", ()),
        "invert_mask": ("masks belong to the dataset", ()),
        "replacements": ("captions belong to the dataset", ([],)),
        "random_triggers": ("captions belong to the dataset", ([],)),
        "standardize_images": ("colours are not changed here", ()),
        "use_short_captions": ("captions belong to the dataset", ()),
    },
    "sample": {},
}
"""By section, settings without a counterpart: why, and the values that mean nothing."""
