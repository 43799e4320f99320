"""What the UNet is told of captions: CLIP's hidden states, and of SDXL's second encoder a pooled one."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from .parts import Encoder


class Text(Protocol):
    """Text encoders that turn captions into conditioning, with gradients where they learn."""

    @property
    def encoders(self) -> list[torch.nn.Module]:
        """The models, in the order of their tokenizers."""
        ...

    def condition(self, captions: Sequence[str]) -> Mapping[str, Tensor]:
        """Conditioning of n captions on the device. Words past the 77th token are cut."""
        ...


class SdxlText:
    """Every hidden layer but the last of both, joined, with no final norm, and the second's projected pooled state."""

    def __init__(self, encoders: Sequence[Encoder], *, zeros_for_empty: bool) -> None:
        self._encoders = encoders
        self._zeros_for_empty = zeros_for_empty

    @property
    def encoders(self) -> list[torch.nn.Module]:
        return [encoder.model for encoder in self._encoders]

    def condition(self, captions: Sequence[str]) -> Mapping[str, Tensor]:
        """`context` (n, 77, c) and `pooled` (n, p)."""
        outputs = [_run(encoder, captions) for encoder in self._encoders]
        context = torch.cat([output.hidden_states[-2] for output in outputs], dim=-1)
        pooled = outputs[-1].text_embeds
        if self._zeros_for_empty and not all(captions):
            said = torch.tensor([bool(caption) for caption in captions], device=context.device)
            context, pooled = context * said[:, None, None], pooled * said[:, None]
        return {"context": context, "pooled": pooled}


class Sd15Text:
    """CLIP-L's hidden layer `clip_skip` from the end (1: the last) after its final norm."""

    def __init__(self, encoder: Encoder, *, clip_skip: int) -> None:
        self._encoder = encoder
        self._clip_skip = clip_skip

    @property
    def encoders(self) -> list[torch.nn.Module]:
        return [self._encoder.model]

    def condition(self, captions: Sequence[str]) -> Mapping[str, Tensor]:
        """`context` (n, 77, c)."""
        output = _run(self._encoder, captions)
        if self._clip_skip == 1:
            return {"context": output.last_hidden_state}
        model = self._encoder.model
        # Some versions of transformers have this level and some do not.
        norm = getattr(model, "text_model", model).final_layer_norm
        return {"context": norm(output.hidden_states[-self._clip_skip])}


def _run(encoder: Encoder, captions: Sequence[str]) -> Any:
    tokenizer, model = encoder
    tokens = tokenizer(
        list(captions),
        padding="max_length",
        max_length=tokenizer.model_max_length,
        truncation=True,
        return_tensors="pt",
    )
    return model(tokens.input_ids.to(model.device), output_hidden_states=True)
