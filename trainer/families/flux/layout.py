"""The files that ComfyUI has FLUX.1 in, and where each part lies in a checkpoint that holds them all."""

from collections.abc import Collection

from ..flow.part_kinds import AUTOENCODER, VAE
from ..spec import FilePart
from .shapes import MARK

TRANSFORMER, CLIP, T5, T5_TOKENIZER = "transformer", "clip_l", "t5", "t5_tokenizer"
ROOTS = ("", "model.diffusion_model.", "diffusion_model.")
"""What the transformer's names may begin with."""
INSIDE = {CLIP: "text_encoders.clip_l.transformer.", T5: "text_encoders.t5xxl.transformer.", VAE: "vae."}
"""What the other parts' names begin with in a checkpoint that holds all."""

FILE_PARTS = (
    FilePart(
        name=CLIP,
        folder="text_encoders",
        title="the CLIP-L text encoder",
        usual=("clip_l.safetensors", "clip_l*.safetensors", "*clip*l*14*.safetensors"),
        marks=("text_model.encoder.layers.11.mlp.fc1.weight",),
        absent=("text_model.encoder.layers.12.mlp.fc1.weight",),
    ),
    FilePart(
        name=T5,
        folder="text_encoders",
        title="the T5-XXL text encoder",
        usual=("t5xxl_fp16.safetensors", "t5xxl_fp8_e4m3fn.safetensors", "t5xxl*.safetensors", "*t5*xxl*.safetensors"),
        marks=(
            "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
            "encoder.block.0.layer.1.DenseReluDense.wi_0.weight",
        ),
        # UMT5 has a bias of its own in every block.
        absent=(
            "encoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight",
            "decoder.final_layer_norm.weight",
        ),
    ),
    AUTOENCODER,
    FilePart(
        name=T5_TOKENIZER,
        folder="text_encoders",
        title="a folder with T5's tokenizer.json",
        is_optional=True,
    ),
)


def root_of(names: Collection[str]) -> str:
    """What the transformer's names begin with; "" too where none fits."""
    return next((root for root in ROOTS if root + MARK in names), "")
