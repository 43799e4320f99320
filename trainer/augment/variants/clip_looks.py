"""Tells a style from a 3d render with CLIP (Radford et al. 2021), from a transformers folder on this machine."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from PIL import Image

from ...errors import ModelError, RunError
from ...storage.values import read_json

RENDER = "a 3d render, cgi"
NEEDED = ("config.json", "model.safetensors", "preprocessor_config.json", "tokenizer_config.json")


class ClipLooks:
    """Loaded when it is first asked. `device` as torch names it."""

    def __init__(self, folder: Path, device: str = "cpu") -> None:
        self._folder, self._device = folder, device
        self._texts: dict[str, Any] = {}

    @property
    def name(self) -> str:
        return f"CLIP {self._folder.name}"

    def margin(self, image: Image.Image, style: str) -> float | None:
        """The probability of `style` less that of a 3d render, between the two of them, -1 to 1."""
        import torch

        model, _, look = self._loaded
        with torch.inference_mode():
            pixels = look(images=image.convert("RGB"), return_tensors="pt")["pixel_values"].to(self._device)
            seen = _unit(model.visual_projection(model.vision_model(pixel_values=pixels).pooler_output))
            told = torch.cat([self._text(f"a {style}"), self._text(RENDER)])
            shares = (model.logit_scale.exp() * seen @ told.T).softmax(dim=-1)[0]
        return float(shares[0] - shares[1])

    def _text(self, words: str) -> Any:
        """Its unit embedding, (1, d)."""
        if words not in self._texts:
            model, tokens, _ = self._loaded
            given = tokens([words], return_tensors="pt", truncation=True).to(self._device)
            self._texts[words] = _unit(model.text_projection(model.text_model(**given).pooler_output))
        return self._texts[words]

    @cached_property
    def _loaded(self) -> tuple[Any, Any, Any]:
        import transformers

        kinds: Any = transformers
        given: dict[str, Any] = {"local_files_only": True}
        try:
            model = kinds.CLIPModel.from_pretrained(self._folder, use_safetensors=True, **given)
            tokens = kinds.CLIPTokenizerFast.from_pretrained(self._folder, **given)
            look = kinds.AutoImageProcessor.from_pretrained(self._folder, **given)
            return model.to(self._device).eval(), tokens, look
        except Exception as fault:  # transformers and safetensors have no common exception
            raise ModelError(f"{self._folder} cannot be loaded as CLIP ({fault}); download its files again.") from fault


def find_clip(folders: Sequence[Path]) -> Path | None:
    """The first folder, or folder within one, that holds a whole CLIP in transformers' layout."""
    for folder in folders:
        inner = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
        for place in (folder, *inner):
            if all((place / name).is_file() for name in NEEDED) and _is_clip(place):
                return place
    return None


def _is_clip(folder: Path) -> bool:
    try:
        return read_json(folder / "config.json", RunError).get("model_type") == "clip"
    except RunError:
        return False


def _unit(rows: Any) -> Any:
    return rows / rows.norm(dim=-1, keepdim=True)
