"""Files that bases of several families come with besides their transformer."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from ...errors import ModelError
from ...storage.file_sample import files_sample
from ...storage.tensor_header import Header, read_header
from ..spec import FilePart
from .scaled import refuse_layout

QWEN, VAE, QWEN_TOKENIZER = "qwen", "vae", "qwen_tokenizer"
QWEN_WORDS = "model.embed_tokens.weight"
"""(words, numbers a word) of a Qwen3."""

AUTOENCODER = FilePart(
    name=VAE,
    folder="vae",
    title="FLUX.1's autoencoder",
    usual=("ae.safetensors", "flux*ae*.safetensors", "*flux*vae*.safetensors", "ae*.safetensors"),
    marks=("decoder.mid.block_1.conv1.weight", "encoder.mid.block_1.conv1.weight"),
    absent=("post_quant_conv.weight", "bn.running_mean"),
)
TOKENIZER = FilePart(
    name=QWEN_TOKENIZER,
    folder="text_encoders",
    title="a folder with Qwen's tokenizer.json, or vocab.json and merges.txt",
    is_optional=True,
)


def qwen_part(title: str, *usual: str) -> FilePart:
    """A Qwen3 that reads captions."""
    return FilePart(
        name=QWEN,
        folder="text_encoders",
        title=title,
        usual=usual,
        marks=(QWEN_WORDS, "model.layers.0.self_attn.q_norm.weight", "model.layers.0.mlp.gate_proj.weight"),
        # Those that see pictures are others.
        absent=("visual.patch_embed.proj.weight", "model.visual.patch_embed.proj.weight"),
    )


def of_width(part: FilePart, width: int) -> FilePart:
    """A Qwen3 that says `width` numbers a word."""

    def fits(header: Header) -> bool:
        return header.shapes.get(QWEN_WORDS, (0, width))[1] == width

    return replace(part, fits=fits)


def files_hash(places: Iterable[Path]) -> str:
    """Of a base's files, and of all files in its folders."""
    kept = [each for place in places for each in (sorted(place.iterdir()) if place.is_dir() else [place])]
    return files_sample(kept)


def check_widths(path: Path, places: Mapping[str, Path], wanted: Mapping[str, tuple[str, int]]) -> None:
    """ModelError for companions of layouts that are not read, and for text encoders of another width than `path` reads:
    by part, the tensor whose rows are as wide as `wanted`."""
    for part, place in places.items():
        if not place.is_file():
            continue
        header = read_header(place)
        refuse_layout(place, header)
        name, width = wanted.get(part, ("", 0))
        found = header.shapes.get(name, (0, width))[1]
        if found != width:
            raise ModelError(
                f"{place.name} says {found} numbers a word, and {path.name} reads {width}. Choose the text encoder "
                "that belongs to it."
            )
