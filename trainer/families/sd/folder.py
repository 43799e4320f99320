"""A base in the layout of diffusers: a folder for each part."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from ...errors import ModelError
from ...storage.values import json_value, read_json
from ..broken import refuse_broken
from ..flow.filled import Arrived
from ..flow.folder import FolderPart, load_clip
from .describe import SCHEDULER
from .layout import Layout
from .parts import Encoder


class FolderParts:
    """Loads the parts as diffusers and transformers do."""

    def __init__(self, folder: Path, layout: Layout) -> None:
        self._folder = folder
        self._layout = layout

    @property
    def schedule(self) -> Mapping[str, Any]:
        return json_value((self._folder / SCHEDULER).read_text(encoding="utf-8"))

    @property
    def zeros_for_empty(self) -> bool:
        index = json_value((self._folder / "model_index.json").read_text(encoding="utf-8"))
        return self._layout.has_sizes and bool(index.get("force_zeros_for_empty_prompt", True))

    def outline(self, number: int) -> Any:
        from accelerate import init_empty_weights  # pyright: ignore[reportMissingTypeStubs]
        from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
        from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

        unets: Any = UNet2DConditionModel
        encoders: list[Any] = [CLIPTextModel, CLIPTextModelWithProjection]
        part = ("unet", *self._layout.folders)[number]
        settings = read_json(self._folder / part / "config.json", ModelError)
        with init_empty_weights():
            if not number:
                return unets.from_config(settings)
            return encoders[number - 1](CLIPTextConfig(**settings))

    def unet(self, dtype: torch.dtype, arrived: Arrived | None = None) -> Any:
        from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

        if arrived:
            kind: Any = UNet2DConditionModel
            part = FolderPart(self._folder, "unet")
            return part.load(lambda: kind.from_config(part.config), dtype, arrived=arrived)
        return self._model(UNet2DConditionModel, "unet", torch_dtype=dtype)

    def vae(self) -> Any:
        from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

        return self._model(AutoencoderKL, "vae", torch_dtype=torch.float32)

    def encoders(self) -> list[Encoder]:
        from transformers import CLIPTextModel, CLIPTextModelWithProjection

        kinds: list[Any] = [CLIPTextModel, CLIPTextModelWithProjection]
        return [
            Encoder(self._tokenizer(part), load_clip(FolderPart(self._folder, part), kind))
            for kind, part in zip(kinds, self._layout.folders, strict=False)
        ]

    def _tokenizer(self, part: str) -> Any:
        import transformers

        # transformers 4 knows no tokenizer.json under the name without Fast.
        library: Any = transformers
        folder = self._folder / part.replace("text_encoder", "tokenizer")
        try:
            return library.CLIPTokenizerFast.from_pretrained(folder, local_files_only=True)
        except Exception as error:  # the library raises anything from OSError to KeyError on a broken folder
            raise ModelError(f"The tokenizer in {folder} cannot be loaded: {error}.") from error

    def _model(self, kind: Any, part: str, **settings: Any) -> Any:
        folder = self._folder / part
        try:
            with _no_progress_bars():
                model = kind.from_pretrained(
                    folder, variant=_variant(folder), local_files_only=True, use_safetensors=True, **settings
                )
        except Exception as error:  # the libraries raise anything from OSError to KeyError on a broken folder
            raise ModelError(f"The {part} in {folder} cannot be loaded: {error}.") from error
        for key, tensor in model.state_dict().items():
            refuse_broken(tensor, str(self._folder), part, key, tensor.dtype)
        return model.eval().requires_grad_(False)


def _variant(folder: Path) -> str | None:
    """`fp16` when a part's weights exist only as `*.fp16.safetensors`."""
    names = [path.name for path in folder.glob("*.safetensors")]
    return "fp16" if names and all(".fp16." in name for name in names) else None


@contextmanager
def _no_progress_bars() -> Generator[None]:
    """The library draws bars by a switch of the whole process: put it back as the host had it."""
    from transformers.utils import logging

    switch: Any = logging
    was_on = switch.is_progress_bar_enabled()
    switch.disable_progress_bar()
    try:
        yield
    finally:
        if was_on:
            switch.enable_progress_bar()
