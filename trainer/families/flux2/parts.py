"""The parts of a FLUX.2 base, from ComfyUI's files or from a folder of diffusers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ...storage.tensor_header import read_header
from ..flow.filled import Arrived
from ..flow.folder import FolderPart
from ..flow.part_kinds import QWEN, QWEN_TOKENIZER, VAE
from ..flow.qwen import QwenReader, load_qwen, qwen_config
from ..flow.tensors import StoredTensors
from ..tokenizers import qwen_tokenizer
from .layout import TRANSFORMER, inside_of, root_of
from .shapes import transformer_config
from .text import LENGTH, TAPS, TEMPLATE
from .transformer import load_autoencoder, load_transformer, make_autoencoder, make_transformer


class Flux2Files:
    """ComfyUI's: a transformer with its companions, or all of them in one. `text_tokens` cuts captions and fills them
    up; 0 does as the host."""

    def __init__(self, files: Mapping[str, Path], text_tokens: int) -> None:
        self._files = files
        self._text_tokens = text_tokens
        whole = next(iter(files.values()))
        names = read_header(whole).shapes
        self._stored = {
            TRANSFORMER: StoredTensors([whole], root_of(names)),
            **{part: StoredTensors([whole], root) for part, root in inside_of(names).items()},
            **{part: StoredTensors([files[part]]) for part in (QWEN, VAE) if part in files},
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


class Flux2Folder:
    """diffusers'."""

    def __init__(self, folder: Path, text_tokens: int) -> None:
        self._folder = folder
        self._text_tokens = text_tokens
        self._transformer = FolderPart(folder, "transformer")

    def make_denoiser(self) -> Any:
        return make_transformer(self._transformer.config)

    def denoiser(self, dtype: torch.dtype, arrived: Arrived | None = None) -> Any:
        return self._transformer.load(self.make_denoiser, dtype, arrived=arrived)

    def vae(self) -> Any:
        part = FolderPart(self._folder, "vae")
        return part.load(make_autoencoder(part.config), torch.float32)

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
    model = load_qwen(config, stored, max(TAPS), dtype, arrived)
    length = text_tokens or LENGTH
    return QwenReader(model, tokenizer, template=TEMPLATE, taps=TAPS, pads_to=length, most=text_tokens)
