"""A base in the layout of diffusers: a folder for each part."""

import hashlib
import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from ...errors import ModelError
from ...storage.values import read_json
from ..base import Base, FamilyName
from .parts import Encoder

_ENCODERS: Mapping[FamilyName, tuple[str, ...]] = {
    "sdxl": ("text_encoder", "text_encoder_2"),
    "sd15": ("text_encoder",),
}
_SCHEDULER = "scheduler/scheduler_config.json"
_SD2_CONTEXT = 1024
_CHUNK_BYTES = 1 << 22


def describe_folder(folder: Path) -> Base:
    """The base in `folder`; ModelError names everything that is missing or of another kind."""
    if not (folder / "model_index.json").is_file():
        raise ModelError(f"{folder} has no model_index.json. Choose a folder in the diffusers layout.")
    kind = str(read_json(folder / "model_index.json", ModelError).get("_class_name", ""))
    family = _family(kind)
    if family is None:
        raise ModelError(f"{folder} holds a {kind or 'model of unknown kind'}. Choose an SDXL or SD 1.5 base.")
    encoders = _ENCODERS[family]
    parts = ("unet", "vae", *encoders)
    faults = [fault for part in parts for fault in _part_faults(folder, part)]
    tokenizers = [name.replace("text_encoder", "tokenizer") for name in encoders]
    faults += [f"{folder} lacks the folder {name}." for name in tokenizers if not (folder / name).is_dir()]
    if not (folder / _SCHEDULER).is_file():
        faults.append(f"{folder} lacks {_SCHEDULER}.")
    if faults:
        raise ModelError.all_of(faults)
    _check_unet(folder, family)
    return Base(family=family, path=folder, name=folder.name, sha256=_weights_hash(folder, parts))


def _family(pipeline: str) -> FamilyName | None:
    if pipeline.startswith("StableDiffusionXL"):
        return "sdxl"
    return "sd15" if pipeline == "StableDiffusionPipeline" else None


class FolderParts:
    """Loads the parts as diffusers and transformers do."""

    def __init__(self, base: Base) -> None:
        self._folder = base.path
        self._family: FamilyName = base.family

    @property
    def schedule(self) -> Mapping[str, Any]:
        return json.loads((self._folder / _SCHEDULER).read_text(encoding="utf-8"))

    @property
    def zeros_for_empty(self) -> bool:
        index = json.loads((self._folder / "model_index.json").read_text(encoding="utf-8"))
        return self._family == "sdxl" and bool(index.get("force_zeros_for_empty_prompt", True))

    def unet(self, dtype: torch.dtype) -> Any:
        from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

        return self._model(UNet2DConditionModel, "unet", torch_dtype=dtype)

    def vae(self) -> Any:
        from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

        return self._model(AutoencoderKL, "vae", torch_dtype=torch.float32)

    def encoders(self) -> list[Encoder]:
        from transformers import CLIPTextModel, CLIPTextModelWithProjection

        kinds: list[Any] = [CLIPTextModel, CLIPTextModelWithProjection]
        return [
            Encoder(self._tokenizer(part), self._model(kind, part).float())
            for kind, part in zip(kinds, _ENCODERS[self._family], strict=False)
        ]

    def _tokenizer(self, part: str) -> Any:
        from transformers import CLIPTokenizer

        kind: Any = CLIPTokenizer
        folder = self._folder / part.replace("text_encoder", "tokenizer")
        try:
            return kind.from_pretrained(folder, local_files_only=True)
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
        return model.eval().requires_grad_(False)


def _variant(folder: Path) -> str | None:
    """`fp16` when a part's weights exist only as `*.fp16.safetensors`."""
    names = [path.name for path in folder.glob("*.safetensors")]
    return "fp16" if names and all(".fp16." in name for name in names) else None


def _check_unet(folder: Path, family: FamilyName) -> None:
    config = read_json(folder / "unet" / "config.json", ModelError)
    if family == "sdxl" and config.get("addition_embed_type") != "text_time":
        raise ModelError(f"The UNet in {folder} takes no size conditioning, so it is not SDXL. Choose an SDXL base.")
    if family == "sd15" and config.get("cross_attention_dim", 0) >= _SD2_CONTEXT:
        raise ModelError(f"{folder} holds Stable Diffusion 2, which has no trainer here. Choose SDXL or SD 1.5.")
    channels = config.get("in_channels", 4)
    if channels != 4:
        raise ModelError(f"The UNet in {folder} takes {channels} channels (inpainting or edit). Choose a plain base.")


def _part_faults(folder: Path, part: str) -> list[str]:
    faults: list[str] = []
    if not (folder / part / "config.json").is_file():
        faults.append(f"{folder} lacks {part}/config.json.")
    if not any((folder / part).glob("*.safetensors")):
        faults.append(f"{folder} has no .safetensors weights in {part}. Save the base as safetensors.")
    return faults


def _weights_hash(folder: Path, parts: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for path in sorted(weights for part in parts for weights in (folder / part).glob("*.safetensors")):
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    return digest.hexdigest()


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
