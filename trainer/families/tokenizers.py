"""Tokenizers that a base's files do not carry: ComfyUI's, or those in Hugging Face's cache."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import ModelError

_CLIP_IN_COMFYUI = Path("comfy") / "sd1_tokenizer"
_T5_IN_COMFYUI = Path("comfy") / "text_encoders" / "t5_tokenizer"
_CLIP_ON_THE_HUB = "openai/clip-vit-large-patch14"
_T5_ON_THE_HUB = "google/t5-v1_1-xxl"
_QWEN_IN_COMFYUI = Path("comfy") / "text_encoders" / "qwen25_tokenizer"
_QWEN_ON_THE_HUB = "Qwen/Qwen3-4B"
_FILES = ("vocab.json", "tokenizer.json", "spiece.model")
"""Without one of these files transformers would make an empty tokenizer and say nothing."""


def clip_tokenizer(*, zero_pads: bool) -> Any:
    """CLIP's tokenizer of 77 tokens; `zero_pads` fills with id 0, as the second encoder of SDXL wants it."""
    import transformers

    library: Any = transformers
    for place in _places(_CLIP_IN_COMFYUI, _CLIP_ON_THE_HUB):
        try:
            tokenizer = library.CLIPTokenizerFast.from_pretrained(place, local_files_only=True, model_max_length=77)
        except Exception:  # a cache without it, or a folder that lacks a file: the next place may have it
            continue
        if zero_pads:
            tokenizer.pad_token = tokenizer.convert_ids_to_tokens(0)
        return tokenizer
    raise ModelError(
        "CLIP's tokenizer is not on this machine (a checkpoint file carries none). Set COMFYUI_PATH to a ComfyUI, "
        "which has one, or use a base in the diffusers layout."
    )


def t5_tokenizer(folder: Path | None = None) -> Any:
    """T5's tokenizer, from a `folder` with a tokenizer.json or spiece.model where one is named."""
    found = _named("T5TokenizerFast", "T5", folder, _T5_IN_COMFYUI, _T5_ON_THE_HUB)
    if found is None:
        raise ModelError(
            "T5's tokenizer is not on this machine (its weights carry none). Set COMFYUI_PATH to a ComfyUI, which has "
            "one in comfy/text_encoders/t5_tokenizer, or name a folder with T5's tokenizer.json: "
            "--part t5_tokenizer=FOLDER."
        )
    return found


def qwen_tokenizer(folder: Path | None = None) -> Any:
    """Qwen's tokenizer, from a `folder` with a tokenizer.json, or vocab.json and merges.txt, where one is named."""
    found = _named("Qwen2TokenizerFast", "Qwen", folder, _QWEN_IN_COMFYUI, _QWEN_ON_THE_HUB)
    if found is None:
        raise ModelError(
            "Qwen's tokenizer is not on this machine (its weights carry none). Set COMFYUI_PATH to a ComfyUI, which "
            "has one in comfy/text_encoders/qwen25_tokenizer, or name a folder with Qwen's tokenizer.json: "
            "--part qwen_tokenizer=FOLDER."
        )
    return found


def _named(kind: str, title: str, folder: Path | None, in_comfyui: Path, on_the_hub: str) -> Any:
    """A tokenizer of that class, from the folder alone where one is named; None where there is none."""
    import transformers

    # transformers 4 keeps the name without Fast for one that is slow or needs another library.
    library: Any = getattr(transformers, kind)
    if folder is not None and not any((folder / name).is_file() for name in _FILES):
        raise ModelError(f"{folder} holds no tokenizer: put {title}'s tokenizer.json there, or name another folder.")
    for place in [str(folder)] if folder else _places(in_comfyui, on_the_hub):
        try:
            return library.from_pretrained(place, local_files_only=True)
        except Exception as error:  # a cache without it, or a broken folder, on which the library raises anything
            if folder is not None:
                raise ModelError(f"The tokenizer in {folder} cannot be loaded: {error}.") from error
    return None


def _places(in_comfyui: Path, on_the_hub: str) -> Iterator[str]:
    # A ComfyUI that runs this pack has its own folder on the path, wherever custom_nodes lies.
    homes = [*map(Path, sys.path), Path.home() / "comfy" / "ComfyUI"]
    if named := os.environ.get("COMFYUI_PATH"):
        homes.insert(0, Path(named))
    for home in homes:
        if any((home / in_comfyui / name).is_file() for name in _FILES):
            yield str(home / in_comfyui)
    yield on_the_hub
