"""The text encoders' own tokenizers, from the folders in which ComfyUI ships them: nothing is downloaded."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from .rules.trigger import Tokenizers

_FILES = {
    "CLIP": ("comfy/sd1_tokenizer/vocab.json", "CLIPTokenizer"),
    "T5": ("comfy/text_encoders/t5_tokenizer/tokenizer.json", "T5TokenizerFast"),
    "Qwen": ("comfy/text_encoders/qwen25_tokenizer/vocab.json", "Qwen2Tokenizer"),
}
"""The file with the words, inside a ComfyUI, and the class of transformers that reads its folder: for SDXL and SD 1.5,
FLUX, Qwen-Image. Without that file transformers would make an empty tokenizer and say nothing."""


_READ_BY: Mapping[str, tuple[str, ...]] = {
    "sdxl": ("CLIP",),
    "sd15": ("CLIP",),
    "sdxl_225": ("CLIP",),
    "flux": ("T5",),
    "sd3": ("CLIP", "T5"),
    "qwen": ("Qwen",),
}
"""Whose words a family's captions are read in. FLUX reads them with T5 (CLIP gives it one vector); of Wan's none is."""


def find_tokenizers(comfyui: Path, family: str) -> Tokenizers:
    """How the text encoders of the family that is trained split a text, where their files lie in this ComfyUI."""
    found = {name: _split(comfyui, name) for name in _READ_BY.get(family, ())}
    return {name: split for name, split in found.items() if split is not None}


def clip_tokens(comfyui: Path) -> Callable[[str], int] | None:
    """Counts a caption's tokens as CLIP does, without start and end; None where its tokenizer is not found."""
    split = _split(comfyui, "CLIP")
    return None if split is None else lambda text: len(split(text))


def _split(comfyui: Path, name: str) -> Callable[[str], list[str]] | None:
    file, kind = _FILES[name]
    tokenizer = _opened(comfyui / file, kind)
    return None if tokenizer is None else lambda text: list(tokenizer.tokenize(text))


@cache
def _opened(words: Path, kind: str) -> Any:
    if not words.is_file():
        return None
    import transformers

    try:
        return getattr(transformers, kind).from_pretrained(str(words.parent), local_files_only=True)
    except Exception:  # a folder that lacks files, or a class that this version of transformers has not
        return None
