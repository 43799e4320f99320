"""Pictures and sentences in one space: CLIP (Radford et al. 2021) or SigLIP (Zhai et al. 2023) from a folder."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ....errors import ModelError, RunError
from ....storage.file_hash import files_fingerprint
from ....storage.values import read_json

_KINDS = {"clip": "CLIP", "siglip": "SigLIP", "siglip2": "SigLIP 2"}
_NEEDED = ("config.json", "model.safetensors", "preprocessor_config.json", "tokenizer_config.json")
_LONGEST = 64
"""Tokens of a SigLIP sentence, which is always padded so far: it was trained on nothing shorter."""


class ImageText:
    """Loaded when it is first asked. `device` as torch names it."""

    def __init__(self, folder: Path, device: str = "cpu") -> None:
        self._folder, self._device = folder, device
        self.name = f"{_KINDS[_kind(folder) or 'clip']} {folder.name}"

    @property
    def fingerprint(self) -> str:
        """Another one has pictures read again."""
        kinds = ("*.json", "*.safetensors", "*.txt", "*.model")
        return files_fingerprint(path for kind in kinds for path in self._folder.glob(kind))

    def images(self, images: Sequence[Image.Image]) -> np.ndarray:
        """Unit rows (n, d)."""
        import torch

        model, _, look = self._loaded
        with torch.inference_mode():
            pixels = look(images=[image.convert("RGB") for image in images], return_tensors="pt")
            given = {name: value.to(self._device) for name, value in pixels.items()}
            return _rows(model.get_image_features(**given))

    def texts(self, sentences: Sequence[str]) -> np.ndarray:
        """Unit rows (n, d)."""
        import torch

        model, tokens, _ = self._loaded
        is_clip = _kind(self._folder) == "clip"
        padded = {"padding": True} if is_clip else {"padding": "max_length", "max_length": _LONGEST}
        with torch.inference_mode():
            given = tokens(list(sentences), return_tensors="pt", truncation=True, **padded).to(self._device)
            # SigLIP was trained to see the padding, whatever its tokenizer says of it.
            asked = given if is_clip else {"input_ids": given["input_ids"]}
            return _rows(model.get_text_features(**asked))

    @cached_property
    def _loaded(self) -> tuple[Any, Any, Any]:
        import transformers

        kinds: Any = transformers
        given: dict[str, Any] = {"local_files_only": True}
        try:
            model = kinds.AutoModel.from_pretrained(self._folder, use_safetensors=True, **given)
            tokens = kinds.AutoTokenizer.from_pretrained(self._folder, **given)
            look = kinds.AutoImageProcessor.from_pretrained(self._folder, **given)
            return model.to(self._device).eval(), tokens, look
        except Exception as fault:  # transformers and safetensors have no common exception
            raise ModelError(f"{self._folder} cannot be loaded ({fault}); download its files again.") from fault


def find_image_text(folders: Sequence[Path]) -> Path | None:
    """The first folder, or folder within one, that holds a whole CLIP or SigLIP in transformers' layout."""
    for folder in folders:
        inner = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
        for place in (folder, *inner):
            if all((place / name).is_file() for name in _NEEDED) and _kind(place) is not None:
                return place
    return None


def _kind(folder: Path) -> str | None:
    try:
        kind = str(read_json(folder / "config.json", RunError).get("model_type"))
    except RunError:
        return None
    return kind if kind in _KINDS else None


def _rows(features: Any) -> np.ndarray:
    """From a tensor, or from transformers' newer outputs that hold one."""
    rows = getattr(features, "pooler_output", features)
    return (rows / rows.norm(dim=-1, keepdim=True)).float().cpu().numpy()
