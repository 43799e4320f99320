"""The parts of a FLUX.1 base, from ComfyUI's files or from a folder of diffusers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ...errors import ModelError
from ...storage.tensor_header import read_header
from ...storage.values import read_json
from ..clip_shapes import clip_config
from ..flow.autoencoder import load_autoencoder
from ..flow.filled import Arrived, filled
from ..flow.folder import FolderPart, load_clip
from ..flow.part_kinds import VAE
from ..flow.tensors import Place, StoredTensors
from ..tokenizers import clip_tokenizer, t5_tokenizer
from .layout import CLIP, INSIDE, T5, T5_TOKENIZER, TRANSFORMER, root_of
from .shapes import t5_config, transformer_config
from .text import T5AndClip, TwoClips
from .transformer import load_transformer, make_transformer

_TEXT_MODEL = "text_model."
_EMBEDDED, _SHARED = "encoder.embed_tokens.weight", "shared.weight"


class FluxFiles:
    """ComfyUI's: a transformer with its companions, or all of them in one. `text_tokens`: see T5AndClip."""

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
        t5 = _t5(t5_config(self._stored[T5].shapes), self._stored[T5], dtype, arrived)
        words = t5_tokenizer(self._files.get(T5_TOKENIZER))
        return T5AndClip(self._clip(), clip_tokenizer(zero_pads=False), t5, words, self._text_tokens)

    def _clip(self) -> Any:
        from transformers import CLIPTextConfig, CLIPTextModel

        stored = self._stored[CLIP]
        shapes = {name.removeprefix(_TEXT_MODEL): shape for name, shape in stored.shapes.items()}
        tokenizer = clip_tokenizer(zero_pads=False)
        ids = {name: getattr(tokenizer, name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
        settings: Any = {**clip_config(shapes), **ids}
        kind: Any = CLIPTextModel

        def place(name: str) -> Place:
            return Place(_TEXT_MODEL + name.removeprefix(_TEXT_MODEL))

        return filled(lambda: kind(CLIPTextConfig(**settings)), stored, place, torch.float32, "text encoder")


class FluxFolder:
    """diffusers'. The second text encoder is T5, or a CLIP as SDXL's; both may lie in another folder, `text`."""

    def __init__(self, folder: Path, text_tokens: int, text: Path | None = None) -> None:
        self._folder, self._text_folder = folder, text or folder
        self._text_tokens = text_tokens
        self._transformer = FolderPart(folder, "transformer")

    def make_denoiser(self) -> Any:
        return make_transformer(self._transformer.config)

    def denoiser(self, dtype: torch.dtype, arrived: Arrived | None = None) -> Any:
        return self._transformer.load(self.make_denoiser, dtype, arrived=arrived)

    def vae(self) -> Any:
        from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

        kind: Any = AutoencoderKL
        part = FolderPart(self._folder, "vae")
        return part.load(lambda: kind(**part.config), torch.float32)

    def text(self, dtype: torch.dtype, arrived: Arrived | None = None) -> Any:
        from transformers import CLIPTextModel, CLIPTextModelWithProjection

        first: Any = self._clip("text_encoder", CLIPTextModel)
        second = FolderPart(self._text_folder, "text_encoder_2")
        if not is_t5(self._text_folder):
            other: Any = self._clip("text_encoder_2", CLIPTextModelWithProjection)
            return TwoClips([self._clip("text_encoder", CLIPTextModel), other], self._clip_tokenizers())
        t5 = _t5(second.config, second.stored, dtype, arrived)
        words = t5_tokenizer(self._text_folder / "tokenizer_2")
        return T5AndClip(first, self._clip_tokenizers()[0], t5, words, self._text_tokens)

    def _clip_tokenizers(self) -> list[Any]:
        import transformers

        # transformers 4 knows no tokenizer.json under the name without Fast.
        library: Any = transformers
        fast = library.CLIPTokenizerFast
        names = ["tokenizer"] if is_t5(self._text_folder) else ["tokenizer", "tokenizer_2"]
        try:
            return [fast.from_pretrained(self._text_folder / name, local_files_only=True) for name in names]
        except Exception as error:  # the library raises anything from OSError to KeyError on a broken folder
            raise ModelError(f"The tokenizers in {self._text_folder} cannot be loaded: {error}.") from error

    def _clip(self, name: str, kind: Any) -> Any:
        return load_clip(FolderPart(self._text_folder, name), kind)


def is_t5(folder: Path) -> bool:
    """Whether a folder's second text encoder is T5."""
    config = read_json(folder / "text_encoder_2" / "config.json", ModelError)
    return "d_model" in config


def _t5(config: Mapping[str, Any], stored: StoredTensors, dtype: torch.dtype, arrived: Arrived | None) -> Any:
    from transformers import T5Config, T5EncoderModel

    settings: Any = dict(config)
    kind: Any = T5EncoderModel

    def place(name: str) -> Place:
        return Place(_SHARED if name == _EMBEDDED and _SHARED in stored.shapes else name)

    model = filled(lambda: kind(T5Config(**settings)), stored, place, dtype, "T5 text encoder", arrived)
    model.encoder.set_input_embeddings(model.shared)
    return model
