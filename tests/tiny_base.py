"""A random SDXL base small enough for a test: real classes, real folder layout, nothing learned."""

from pathlib import Path
from typing import Any

import torch

from trainer.demo import sizes
from trainer.demo.build.tokenizer import build_tokenizer, save_tokenizer

TEXT_WIDTH = 32

UNET: dict[str, Any] = {
    "sample_size": 8,
    "in_channels": 4,
    "out_channels": 4,
    "block_out_channels": (32, 32),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
    "layers_per_block": 1,
    "transformer_layers_per_block": 1,
    "attention_head_dim": (1, 1),
    "cross_attention_dim": 2 * TEXT_WIDTH,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 6 * 256 + TEXT_WIDTH,
    "norm_num_groups": 32,
}
VAE: dict[str, Any] = {**sizes.VAE, "block_out_channels": (32, 32, 32, 32), "sample_size": 64}
TEXT: dict[str, Any] = {
    **sizes.TEXT,
    "hidden_size": TEXT_WIDTH,
    "intermediate_size": TEXT_WIDTH,
    "num_attention_heads": 1,
    "projection_dim": TEXT_WIDTH,
}


def write_tiny_base(folder: Path, *, prediction_type: str = "epsilon", zero_snr: bool = False, seed: int = 0) -> Path:
    """Write the base in the diffusers layout and return its folder."""
    from diffusers import AutoencoderKL, EulerDiscreteScheduler, StableDiffusionXLPipeline, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        tokenizer = build_tokenizer()
        ids = {name: getattr(tokenizer, name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
        config = CLIPTextConfig(vocab_size=len(tokenizer), **ids, **TEXT)
        pipeline = StableDiffusionXLPipeline(
            vae=AutoencoderKL(**VAE),
            text_encoder=CLIPTextModel(config),
            text_encoder_2=CLIPTextModelWithProjection(config),
            tokenizer=tokenizer,
            tokenizer_2=build_tokenizer(),
            unet=UNet2DConditionModel(**UNET),
            scheduler=EulerDiscreteScheduler(
                **{**sizes.SCHEDULER, "prediction_type": prediction_type, "rescale_betas_zero_snr": zero_snr}
            ),
            force_zeros_for_empty_prompt=True,
            add_watermarker=False,
        )
    pipeline.to(dtype=torch.float16).save_pretrained(folder)
    save_tokenizer(folder)
    return folder
