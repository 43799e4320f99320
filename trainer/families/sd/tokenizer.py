"""CLIP's tokenizer, which a checkpoint file does not carry: ComfyUI's, or the one in Hugging Face's cache."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...errors import ModelError

_IN_COMFYUI = Path("comfy") / "sd1_tokenizer"
_ON_THE_HUB = "openai/clip-vit-large-patch14"


def clip_tokenizer(*, zero_pads: bool) -> Any:
    """CLIP's tokenizer of 77 tokens; `zero_pads` fills with id 0, as the second encoder of SDXL wants it."""
    from transformers import CLIPTokenizer

    kind: Any = CLIPTokenizer
    for place in _places():
        try:
            tokenizer = kind.from_pretrained(place, local_files_only=True, model_max_length=77)
        except Exception:  # a cache without it, or a folder that lacks a file: the next place may have it
            continue
        if zero_pads:
            tokenizer.pad_token = tokenizer.convert_ids_to_tokens(0)
        return tokenizer
    raise ModelError(
        "CLIP's tokenizer is not on this machine (a checkpoint file carries none). Set COMFYUI_PATH to a ComfyUI, "
        "which has one, or use a base in the diffusers layout."
    )


def _places() -> Iterator[str]:
    # A ComfyUI that runs this pack has its own folder on the path, wherever custom_nodes lies.
    homes = [*map(Path, sys.path), Path.home() / "comfy" / "ComfyUI"]
    if named := os.environ.get("COMFYUI_PATH"):
        homes.insert(0, Path(named))
    for home in homes:
        # Without one of these files transformers would make an empty tokenizer and say nothing.
        if any((home / _IN_COMFYUI / name).is_file() for name in ("vocab.json", "tokenizer.json")):
            yield str(home / _IN_COMFYUI)
    yield _ON_THE_HUB
