"""What FLUX.1 is told of a caption: a row of words (`context`) and one vector of all of them (`pooled`)."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ..condition import Condition

LENGTH = 256
"""Words that the host pads captions of T5 to; longer ones it leaves as they are."""


class T5AndClip(torch.nn.Module):
    """T5's last state, (length, c), and CLIP-L's pooled one, (p,).

    Padding words are words like others: neither encoder is shown a mask, nor is the transformer. `length` cuts and pads
    to itself; 0 pads as the host does.
    """

    def __init__(self, clip: Any, clip_tokenizer: Any, t5: Any, t5_tokenizer: Any, length: int = 0) -> None:
        super().__init__()
        self.clip, self.t5 = clip, t5
        self._clip_tokenizer, self._t5_tokenizer = clip_tokenizer, t5_tokenizer
        self._length = length

    def read(self, captions: Sequence[str]) -> list[Condition]:
        return [Condition({"context": self._context(each), "pooled": self._pooled(each)}) for each in captions]

    def words(self, caption: str) -> Tensor:
        """T5's ids, (1, length)."""
        length = self._length or max(LENGTH, len(self._t5_tokenizer(caption).input_ids))
        settings: dict[str, Any] = {"padding": "max_length", "max_length": length, "truncation": True}
        return self._t5_tokenizer(caption, **settings, return_tensors="pt").input_ids

    def _context(self, caption: str) -> Tensor:
        return self.t5(self.words(caption).to(self.t5.device)).last_hidden_state[0]

    def _pooled(self, caption: str) -> Tensor:
        return self.clip(clip_ids(self._clip_tokenizer, caption).to(self.clip.device)).pooler_output[0]


class TwoClips(torch.nn.Module):
    """Two CLIPs as SDXL has them: all hidden layers but the last of both, joined, (77, c), and the second's projected
    pooled state, (p,)."""

    def __init__(self, encoders: Sequence[Any], tokenizers: Sequence[Any]) -> None:
        super().__init__()
        self.encoders = torch.nn.ModuleList(encoders)
        self._tokenizers = tokenizers

    def read(self, captions: Sequence[str]) -> list[Condition]:
        return [self._read(caption) for caption in captions]

    def _read(self, caption: str) -> Condition:
        outputs: list[Any] = [
            encoder(clip_ids(tokenizer, caption).to(next(encoder.parameters()).device), output_hidden_states=True)
            for encoder, tokenizer in zip(self.encoders, self._tokenizers, strict=True)
        ]
        context = torch.cat([output.hidden_states[-2][0] for output in outputs], dim=-1)
        return Condition({"context": context, "pooled": outputs[-1].text_embeds[0]})


def clip_ids(tokenizer: Any, caption: str) -> Tensor:
    """CLIP's ids, (1, 77); what is more is cut."""
    settings: dict[str, Any] = {"padding": "max_length", "max_length": tokenizer.model_max_length, "truncation": True}
    return tokenizer(caption, **settings, return_tensors="pt").input_ids
