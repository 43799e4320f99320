"""SDXL's two text encoders."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import ModelError
from .sdxl_files import weight_variant


class SdxlText:
    """Both CLIP encoders in fp32: every hidden layer but the last, joined, and the second's projected pooled state."""

    def __init__(self, folder: Path, device: torch.device, *, zeros_for_empty: bool) -> None:
        from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

        self._device = device
        self._zeros_for_empty = zeros_for_empty
        self._tokenizers: list[Any] = []
        self._encoders: list[Any] = []
        kinds: list[tuple[Any, str]] = [(CLIPTextModel, ""), (CLIPTextModelWithProjection, "_2")]
        try:
            for kind, number in kinds:
                tokenizer: Any = CLIPTokenizer
                self._tokenizers.append(tokenizer.from_pretrained(folder / f"tokenizer{number}", local_files_only=True))
                self._encoders.append(_load(kind, folder / f"text_encoder{number}").to(device))
        except Exception as error:  # the libraries raise anything from OSError to KeyError on a broken folder
            raise ModelError(f"The text encoders in {folder} cannot be loaded: {error}.") from error

    @property
    def encoders(self) -> list[torch.nn.Module]:
        """The two models, in the order of their tokenizers."""
        return self._encoders

    def condition(self, captions: Sequence[str]) -> Mapping[str, Tensor]:
        """`context` (n, 77, c) and `pooled` (n, p) on the device. Words past the 77th token are cut."""
        outputs = [self._run(tokenizer, encoder, captions) for tokenizer, encoder in self._pairs()]
        context = torch.cat([output.hidden_states[-2] for output in outputs], dim=-1)
        pooled = outputs[-1].text_embeds
        if self._zeros_for_empty and not all(captions):
            said = torch.tensor([bool(caption) for caption in captions], device=context.device)
            context, pooled = context * said[:, None, None], pooled * said[:, None]
        return {"context": context, "pooled": pooled}

    def _pairs(self) -> list[tuple[Any, Any]]:
        return list(zip(self._tokenizers, self._encoders, strict=True))

    def _run(self, tokenizer: Any, encoder: Any, captions: Sequence[str]) -> Any:
        length = tokenizer.model_max_length
        tokens = tokenizer(
            list(captions), padding="max_length", max_length=length, truncation=True, return_tensors="pt"
        )
        return encoder(tokens.input_ids.to(self._device), output_hidden_states=True)


def _load(kind: Any, folder: Path) -> Any:
    with _no_progress_bars():
        model = kind.from_pretrained(
            folder, variant=weight_variant(folder), local_files_only=True, use_safetensors=True
        )
    return model.float().eval().requires_grad_(False)


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
