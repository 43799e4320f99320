"""The parts of a Z-Image base, from ComfyUI's files or from a folder of diffusers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ...storage.tensor_header import read_header
from ..flow.autoencoder import load_autoencoder
from ..flow.filled import Arrived
from ..flow.folder import FolderPart
from ..flow.part_kinds import QWEN, QWEN_TOKENIZER, VAE
from ..flow.qwen import QwenReader, count_layers, load_qwen, qwen_config
from ..flow.tensors import StoredTensors
from ..tokenizers import qwen_tokenizer
from .layout import INSIDE, TRANSFORMER, root_of
from .shapes import transformer_config, unbounded
from .text import MOST, TEMPLATE, tapped_layer
from .transformer import load_transformer, make_transformer


class ZImageFiles:
    """ComfyUI's: a transformer with its companions, or all of them in one. `text_tokens` cuts captions; 0 does not."""

    def __init__(self, files: Mapping[str, Path], text_tokens: int) -> None:
        self._files = files
        self._text_tokens = text_tokens
        whole = next(iter(files.values()))
        roots = {TRANSFORMER: root_of(read_header(whole).shapes), **INSIDE}
        self._stored = {
            part: StoredTensors([files[part]])
            if part in files and part != TRANSFORMER
            else StoredTensors([whole], root)
            for part, root in roots.items()
        }

    def make_denoiser(self) -> Any:
        return make_transformer(transformer_config(self._stored[TRANSFORMER].shapes))

    def denoiser(self, dtype: torch.dtype, arrived: Arrived | None = None) -> Any:
        return load_transformer(self._stored[TRANSFORMER], dtype, arrived)

    def vae(self) -> Any:
        return load_autoencoder(self._stored[VAE])

    def text(self, dtype: torch.dtype, arrived: Arrived | None = None) -> Any:
        stored = self._stored[QWEN]
        tokenizer = qwen_tokenizer(self._files.get(QWEN_TOKENIZER))
        return _reader(qwen_config(stored.shapes), stored, tokenizer, self._text_tokens, dtype, arrived)


class ZImageFolder:
    """diffusers'."""

    def __init__(self, folder: Path, text_tokens: int) -> None:
        self._folder = folder
        self._text_tokens = text_tokens
        self._transformer = FolderPart(folder, "transformer")

    def make_denoiser(self) -> Any:
        return make_transformer(unbounded(self._transformer.config))

    def denoiser(self, dtype: torch.dtype, arrived: Arrived | None = None) -> Any:
        return self._transformer.load(self.make_denoiser, dtype, arrived=arrived)

    def vae(self) -> Any:
        from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

        kind: Any = AutoencoderKL
        part = FolderPart(self._folder, "vae")
        return part.load(lambda: kind(**part.config), torch.float32)

    def text(self, dtype: torch.dtype, arrived: Arrived | None = None) -> Any:
        part = FolderPart(self._folder, "text_encoder")
        tokenizer = qwen_tokenizer(self._folder / "tokenizer")
        return _reader(part.config, part.stored, tokenizer, self._text_tokens, dtype, arrived)


def _reader(
    config: Mapping[str, Any],
    stored: StoredTensors,
    tokenizer: Any,
    text_tokens: int,
    dtype: torch.dtype,
    arrived: Arrived | None,
) -> QwenReader:
    tap = tapped_layer(count_layers(stored.shapes))
    model = load_qwen(config, stored, tap, dtype, arrived)
    return QwenReader(model, tokenizer, template=TEMPLATE, taps=[tap], most=text_tokens or MOST)
