"""The files that ComfyUI has Z-Image in, and where each part lies in a checkpoint that holds them all."""

from collections.abc import Collection

from ..flow.part_kinds import AUTOENCODER, QWEN, TOKENIZER, VAE, of_width, qwen_part
from ..spec import FilePart
from .shapes import MARK

TRANSFORMER = "transformer"
ROOTS = ("", "model.diffusion_model.", "diffusion_model.")
"""What the transformer's names may begin with."""
INSIDE = {QWEN: "text_encoders.qwen3_4b.transformer.", VAE: "vae."}
"""What the other parts' names begin with in a checkpoint that holds all."""

_QWEN = qwen_part(
    "the Qwen3 4B text encoder", "qwen_3_4b.safetensors", "qwen_3_4b*.safetensors", "*qwen*3*4b*.safetensors"
)
FILE_PARTS = (_QWEN, AUTOENCODER, TOKENIZER)


def file_parts(width: int) -> tuple[FilePart, ...]:
    """For a transformer that reads `width` numbers a word."""
    return (of_width(_QWEN, width), AUTOENCODER, TOKENIZER)


def root_of(names: Collection[str]) -> str:
    """What the transformer's names begin with; "" too where none fits."""
    return next((root for root in ROOTS if root + MARK in names), "")
