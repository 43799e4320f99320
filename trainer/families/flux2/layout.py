"""The files that ComfyUI has FLUX.2 klein in, and where each part lies in a checkpoint that holds them all."""

from collections.abc import Collection, Mapping

from ..flow.part_kinds import QWEN, TOKENIZER, VAE, of_width, qwen_part
from ..spec import FilePart
from .shapes import MARK
from .text import TAPS

TRANSFORMER = "transformer"
ROOTS = ("", "model.diffusion_model.", "diffusion_model.")
"""What the transformer's names may begin with."""
QWEN_ROOTS = ("text_encoders.qwen3_4b.transformer.", "text_encoders.qwen3_8b.transformer.")
VAE_ROOT = "vae."
"""What the other parts' names begin with in a checkpoint that holds all."""

_QWEN_WIDTHS = {2560: "4b", 4096: "8b"}
_AUTOENCODER = FilePart(
    name=VAE,
    folder="vae",
    title="FLUX.2's autoencoder",
    usual=("flux2-vae.safetensors", "flux*2*vae*.safetensors", "*flux2*.safetensors"),
    marks=("bn.running_mean", "decoder.mid.block_1.conv1.weight", "encoder.mid.block_1.conv1.weight"),
)
FILE_PARTS = (
    qwen_part(
        "the Qwen3 text encoder (4B for klein 4B, 8B for klein 9B)", "qwen_3_4b.safetensors", "qwen_3_8b*.safetensors"
    ),
    _AUTOENCODER,
    TOKENIZER,
)


def file_parts(context: int) -> tuple[FilePart, ...]:
    """For a transformer that reads `context` numbers a word."""
    width = context // len(TAPS)
    size = _QWEN_WIDTHS.get(width, "4b")
    names = (f"qwen_3_{size}.safetensors", f"qwen_3_{size}*.safetensors", f"*qwen*3*{size}*.safetensors")
    qwen = qwen_part(f"the Qwen3 {size.upper()} text encoder", *names)
    return (of_width(qwen, width), _AUTOENCODER, TOKENIZER)


def root_of(names: Collection[str]) -> str:
    """What the transformer's names begin with; "" too where none fits."""
    return next((root for root in ROOTS if root + MARK in names), "")


def inside_of(names: Collection[str]) -> Mapping[str, str]:
    """Which other parts lie in the same file, and what their names begin with."""
    roots = {QWEN: QWEN_ROOTS, VAE: (VAE_ROOT,)}
    found = {
        part: next((start for start in starts if any(name.startswith(start) for name in names)), None)
        for part, starts in roots.items()
    }
    return {part: start for part, start in found.items() if start}
