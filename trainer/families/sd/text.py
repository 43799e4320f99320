"""What the UNet is told of captions: CLIP's hidden states, and of SDXL's second encoder a pooled one."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ...recipe.buckets import Placement
from ..flow.filled import Arrived
from .parts import Encoder


class Text(torch.nn.Module, ABC):
    """Text encoders as modules named by their parts, which turn captions into tensors, with gradients where they learn.
    Words past the 77th token are cut."""

    def __init__(self, names: Sequence[str], encoders: Sequence[Encoder]) -> None:
        super().__init__()
        self.tokenizers = [encoder.tokenizer for encoder in encoders]
        for name, encoder in zip(names, encoders, strict=True):
            self.add_module(name, encoder.model)

    @property
    def encoders(self) -> list[torch.nn.Module]:
        """The models, in the order of their tokenizers."""
        return list(self.children())

    @abstractmethod
    def tensors(self, captions: Sequence[str]) -> Mapping[str, Tensor]:
        """Of n captions on the device, (n, …) each."""

    def outputs(self, captions: Sequence[str]) -> list[Any]:
        """What each encoder says of the captions."""
        return [_run(*pair, captions) for pair in zip(self.tokenizers, self.children(), strict=True)]


class SdxlText(Text):
    """Every hidden layer but the last of both, joined, with no final norm, and the second's projected pooled state."""

    def __init__(self, names: Sequence[str], encoders: Sequence[Encoder], *, zeros_for_empty: bool) -> None:
        super().__init__(names, encoders)
        self._zeros_for_empty = zeros_for_empty

    def tensors(self, captions: Sequence[str]) -> Mapping[str, Tensor]:
        """`context` (n, 77, c) and `pooled` (n, p)."""
        outputs = self.outputs(captions)
        context = torch.cat([output.hidden_states[-2] for output in outputs], dim=-1)
        pooled = outputs[-1].text_embeds
        if self._zeros_for_empty and not all(captions):
            said = torch.tensor([bool(caption) for caption in captions], device=context.device)
            context, pooled = context * said[:, None, None], pooled * said[:, None]
        return {"context": context, "pooled": pooled}


class Sd15Text(Text):
    """CLIP-L's hidden layer `clip_skip` from the end (1: the last; 2 is usual for anime) after its final norm."""

    def __init__(self, names: Sequence[str], encoders: Sequence[Encoder], *, clip_skip: int) -> None:
        super().__init__(names, encoders)
        self._clip_skip = clip_skip

    def tensors(self, captions: Sequence[str]) -> Mapping[str, Tensor]:
        """`context` (n, 77, c)."""
        (output,) = self.outputs(captions)
        if self._clip_skip == 1:
            return {"context": output.last_hidden_state}
        (model,) = self.children()
        # Some versions of transformers have this level and some do not.
        norm: Any = getattr(model, "text_model", model)
        return {"context": norm.final_layer_norm(output.hidden_states[-self._clip_skip])}


def pack_layers(encoders: Sequence[Encoder], pack: Arrived) -> None:
    """The weights of every layer but the embeddings and the last projection."""
    for encoder in encoders:
        inner: Any = getattr(encoder.model, "text_model", encoder.model)
        for number, layer in enumerate(inner.encoder.layers):
            pack(f"layers.{number}", layer)


def size_conditioning(placements: Sequence[Placement]) -> Tensor:
    """SDXL's six numbers a picture, (n, 6): original height and width, crop top and left, target height and width."""
    rows = [(*p.original[::-1], *p.crop[::-1], *p.bucket[::-1]) for p in placements]
    return torch.tensor(rows, dtype=torch.float32)


def _run(tokenizer: Any, model: Any, captions: Sequence[str]) -> Any:
    tokens = tokenizer(
        list(captions),
        padding="max_length",
        max_length=tokenizer.model_max_length,
        truncation=True,
        return_tensors="pt",
    )
    return model(tokens.input_ids.to(model.device), output_hidden_states=True)
