"""The text encoders' own tokenizers, from the folders in which ComfyUI ships them: nothing is downloaded."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from .trigger import Tokenizers

_FOLDERS = {
    "CLIP": ("comfy/sd1_tokenizer", "CLIPTokenizer"),
    "T5": ("comfy/text_encoders/t5_tokenizer", "T5TokenizerFast"),
    "Qwen": ("comfy/text_encoders/qwen25_tokenizer", "Qwen2Tokenizer"),
}
"""Inside a ComfyUI, with the class of transformers that reads each: SDXL and SD 1.5, FLUX, Qwen-Image."""


def find_tokenizers(comfyui: Path) -> Tokenizers:
    """How CLIP, T5 and Qwen split a text, those of them whose files lie in this ComfyUI."""
    found = {name: _split(comfyui / folder, kind) for name, (folder, kind) in _FOLDERS.items()}
    return {name: split for name, split in found.items() if split is not None}


def clip_tokens(comfyui: Path) -> Callable[[str], int] | None:
    """Counts a caption's tokens as CLIP does, without start and end; None where its tokenizer is not found."""
    split = _split(comfyui / _FOLDERS["CLIP"][0], _FOLDERS["CLIP"][1])
    return None if split is None else lambda text: len(split(text))


def _split(folder: Path, kind: str) -> Callable[[str], list[str]] | None:
    tokenizer = _opened(folder, kind)
    return None if tokenizer is None else lambda text: list(tokenizer.tokenize(text))


@cache
def _opened(folder: Path, kind: str) -> Any:
    if not folder.is_dir():
        return None
    import transformers

    try:
        return getattr(transformers, kind).from_pretrained(str(folder), local_files_only=True)
    except Exception:  # a folder that lacks files, or a class that this version of transformers has not
        return None
