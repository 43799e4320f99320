"""Who tells whether a picture still looks like a render."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import folder_paths

from ..readers import DEMO_DRAWINGS

_FOLDER = "clip_vision"
MISSING = (
    "Whether variants still look like renders is not measured. For that, put config.json, model.safetensors, "
    "preprocessor_config.json and the tokenizer files of openai/clip-vit-large-patch14 into "
    f"models/{_FOLDER}/clip-vit-large-patch14."
)


def looks_of(reader: str, faces: Any) -> Any:
    """The demo's reader for its own drawings, else the first whole CLIP in models/clip_vision; None without one."""
    from ...trainer.augment.variants.clip_looks import ClipLooks, find_clip

    if reader == DEMO_DRAWINGS:
        return faces
    known = folder_paths.folder_names_and_paths
    folder = find_clip([Path(place) for place in folder_paths.get_folder_paths(_FOLDER)] if _FOLDER in known else [])
    return None if folder is None else ClipLooks(folder)
