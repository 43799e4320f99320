"""The files that ComfyUI has Z-Image in, and where each part lies in a checkpoint that holds them all."""

from collections.abc import Collection

from ..flow.part_kinds import AUTOENCODER, QWEN, TOKENIZER, VAE, qwen_part
from .shapes import MARK

TRANSFORMER = "transformer"
ROOTS = ("", "model.diffusion_model.", "diffusion_model.")
"""What the transformer's names may begin with."""
INSIDE = {QWEN: "text_encoders.qwen3_4b.transformer.", VAE: "vae."}
"""What the other parts' names begin with in a checkpoint that holds all."""

FILE_PARTS = (
    qwen_part(
        "the Qwen3 4B text encoder", "qwen_3_4b.safetensors", "qwen_3_4b*.safetensors", "*qwen*3*4b*.safetensors"
    ),
    AUTOENCODER,
    TOKENIZER,
)


def root_of(names: Collection[str]) -> str:
    """What the transformer's names begin with; "" too where none fits."""
    return next((root for root in ROOTS if root + MARK in names), "")
