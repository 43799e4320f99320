"""A base in one safetensors file in Stability's layout, as ComfyUI's models/checkpoints holds it."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ...errors import ModelError
from ...storage.tensor_header import Header, read_header
from ..broken import refuse_broken
from ..clip_shapes import clip_config, open_clip_config
from ..flow.filled import Arrived, filled
from ..flow.tensors import Place, StoredTensors
from ..ldm_vae import vae_config, vae_keys
from ..tokenizers import clip_tokenizer
from .layout import UNET, VAE, Layout
from .ldm_names import open_clip_name, unet_keys, unet_name
from .parts import SCHEDULE, Encoder, file_prediction
from .shapes import unet_config

_TEXT_MODEL = "text_model."


class CheckpointParts:
    """Reads each part's tensors alone, one at a time, into a model of the sizes that their shapes tell."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self._path = path
        self._layout = layout
        self.zeros_for_empty = False

    @cached_property
    def _header(self) -> Header:
        return read_header(self._path)

    @property
    def schedule(self) -> Mapping[str, Any]:
        return {**SCHEDULE, **file_prediction(self._header)}

    def outline(self, number: int) -> Any:
        from accelerate import init_empty_weights  # pyright: ignore[reportMissingTypeStubs]

        makers = (self._make_unet, self._make_clip_l, self._make_open_clip)
        with init_empty_weights():
            return makers[number]()

    def _make_unet(self) -> Any:
        from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

        kind: Any = UNet2DConditionModel
        return kind(**self._unet_config)

    @cached_property
    def _unet_config(self) -> dict[str, Any]:
        return unet_config(self._shapes(UNET), has_sizes=self._layout.has_sizes)

    def unet(self, dtype: torch.dtype, arrived: Arrived | None = None) -> Any:
        config = self._unet_config
        keys = unet_keys(self._header.shapes, config)
        layers, up = config["layers_per_block"], config["up_block_types"]

        def place(name: str) -> Place:
            # What the file lacks the conversion cannot place: it is named in the file's own words all the same.
            return Place(keys.get(name) or UNET + unet_name(name, layers, lambda level: "CrossAttn" in up[level]))

        stored = StoredTensors([self._path])
        return filled(self._make_unet, stored, place, dtype, "UNet", arrived)

    def vae(self) -> Any:
        from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

        config = vae_config(self._shapes(VAE), self._layout.scaling)
        keys = vae_keys(self._header.shapes, config)
        kind: Any = AutoencoderKL
        return self._filled(lambda: kind(**config), lambda name: (keys.get(name, name), None), torch.float32, "VAE")

    def encoders(self) -> list[Encoder]:
        return [self._clip_l(), *([self._open_clip(self._layout.open_clip)] if self._layout.open_clip else [])]

    def _make_clip_l(self, **ids: int) -> Any:
        from transformers import CLIPTextConfig, CLIPTextModel

        settings: Any = {**clip_config(self._shapes(self._clip_l_prefix)), **ids}
        kind: Any = CLIPTextModel
        return kind(CLIPTextConfig(**settings))

    def _make_open_clip(self, **ids: int) -> Any:
        from transformers import CLIPTextConfig, CLIPTextModelWithProjection

        settings: Any = {**open_clip_config(self._shapes(self._layout.open_clip or "")), **ids}
        kind: Any = CLIPTextModelWithProjection
        return kind(CLIPTextConfig(**settings))

    @property
    def _clip_l_prefix(self) -> str:
        return next(
            each for each in self._layout.clip_l if f"{each}embeddings.token_embedding.weight" in self._header.shapes
        )

    def _clip_l(self) -> Encoder:
        prefix, tokenizer = self._clip_l_prefix, clip_tokenizer(zero_pads=False)
        make = partial(self._make_clip_l, **_ids(tokenizer))
        return Encoder(tokenizer, self._filled(make, lambda name: (prefix + name, None), torch.float32, "text encoder"))

    def _open_clip(self, prefix: str) -> Encoder:
        tokenizer = clip_tokenizer(zero_pads=True)

        def place(name: str) -> tuple[str, int | None]:
            theirs, third = open_clip_name(name)
            return prefix + theirs, third

        make = partial(self._make_open_clip, **_ids(tokenizer))
        return Encoder(tokenizer, self._filled(make, place, torch.float32, "second text encoder"))

    def _shapes(self, prefix: str) -> dict[str, tuple[int, ...]]:
        return {name[len(prefix) :]: s for name, s in self._header.shapes.items() if name.startswith(prefix)}

    def _filled(
        self, make: Callable[[], Any], place: Callable[[str], tuple[str, int | None]], dtype: torch.dtype, what: str
    ) -> Any:
        """The model with the file's tensors; `place` says where a parameter lies there and which third of it it is."""
        from accelerate import init_empty_weights  # pyright: ignore[reportMissingTypeStubs]

        with init_empty_weights():
            model = make()
        wanted = {name: (tensor.shape, *place(name.removeprefix(_TEXT_MODEL))) for name, tensor in _weights(model)}
        lacking = sorted(key for _, key, _ in wanted.values() if key not in self._header.shapes)
        if lacking:
            raise ModelError(f"The {what} in {self._path.name} is not whole: it lacks {lacking[0]!r}.")
        tensors = self._read(wanted, dtype, what)
        model.load_state_dict(tensors, strict=True, assign=True)
        return model.eval().requires_grad_(False)

    def _read(
        self, wanted: Mapping[str, tuple[torch.Size, str, int | None]], dtype: torch.dtype, what: str
    ) -> dict[str, Tensor]:
        from safetensors import safe_open

        opened: Any = safe_open
        tensors: dict[str, Tensor] = {}
        with opened(self._path, "pt") as file:
            for name, (shape, key, third) in wanted.items():
                tensor = file.get_tensor(key)
                if third is not None:
                    tensor = tensor.chunk(3)[third]
                elif key.endswith("text_projection"):
                    tensor = tensor.T.contiguous()
                if tensor.numel() != shape.numel():
                    sizes = f"{list(tensor.shape)} in place of {list(shape)}"
                    raise ModelError(f"The {what} in {self._path.name} does not fit together: {key} is {sizes}.")
                refuse_broken(tensor, self._path.name, what, key, dtype)
                # A copy, or the whole file would stay mapped for as long as one of its tensors lives.
                tensors[name] = tensor.reshape(shape).to(dtype, copy=True)
        return tensors


def _weights(model: torch.nn.Module) -> Iterator[tuple[str, Tensor]]:
    named: Mapping[str, Tensor] = model.state_dict()
    yield from named.items()


def _ids(tokenizer: Any) -> dict[str, int]:
    return {name: getattr(tokenizer, name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
