"""Qwen3 as a reader of captions: what some of its layers say, and none behind the last of them is loaded."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ..clip_shapes import Shapes, count_numbers
from ..condition import Condition
from .filled import Arrived, filled
from .tensors import Place, StoredTensors

_ROOT = "model."
_ROPE_THETA, _EPSILON, _LONGEST = 1_000_000.0, 1e-6, 40_960
"""Of every Qwen3 (4B and 8B alike)."""


class QwenReader(torch.nn.Module):
    """A caption inside `template` as the states after the layers `taps`, side by side: (length, taps x c).

    With `pads_to` shorter captions are filled up behind, and the filling is told like words; with `most` longer ones
    are cut. 0 for neither.
    """

    def __init__(
        self, model: Any, tokenizer: Any, *, template: str, taps: Sequence[int], pads_to: int = 0, most: int = 0
    ) -> None:
        super().__init__()
        self.model = model
        self._tokenizer = tokenizer
        self._template, self._taps = template, tuple(taps)
        self._pads_to, self._most = pads_to, most

    def read(self, captions: Sequence[str]) -> list[Condition]:
        return [Condition({"context": self._context(caption)}) for caption in captions]

    def words(self, caption: str) -> tuple[Tensor, Tensor]:
        """Ids and which of them are words, (1, length)."""
        settings: dict[str, Any] = {"truncation": True, "max_length": self._most} if self._most else {}
        told: list[int] = self._tokenizer(self._template.format(caption), **settings).input_ids
        lacking = max(0, self._pads_to - len(told))
        ids = [*told, *[self._tokenizer.pad_token_id] * lacking]
        return torch.tensor([ids]), torch.tensor([[1] * len(told) + [0] * lacking])

    def _context(self, caption: str) -> Tensor:
        device = next(self.model.parameters()).device
        ids, mask = (each.to(device) for each in self.words(caption))
        kept: dict[int, Tensor] = {}
        handles = [self._tapped(tap, kept) for tap in self._taps]
        try:
            self.model(input_ids=ids, attention_mask=mask, use_cache=False)
        finally:
            for handle in handles:
                handle.remove()
        return torch.cat([kept[tap][0] for tap in self._taps], dim=-1)

    def _tapped(self, tap: int, kept: dict[int, Tensor]) -> Any:
        # Hooks, as the library's list of hidden states has the last one normed, and which that is differs by version.
        def keep(module: torch.nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
            kept[tap] = output[0] if isinstance(output, tuple) else output

        return self.model.layers[tap - 1].register_forward_hook(keep)


def qwen_config(shapes: Shapes) -> dict[str, Any]:
    """transformers' settings of the Qwen3 whose tensors, in its own names, have these shapes."""
    first = f"{_ROOT}layers.0"
    words, width = shapes[f"{_ROOT}embed_tokens.weight"]
    head = shapes[f"{first}.self_attn.q_norm.weight"][0]
    return {
        "vocab_size": words,
        "hidden_size": width,
        "intermediate_size": shapes[f"{first}.mlp.gate_proj.weight"][0],
        "num_hidden_layers": count_layers(shapes),
        "num_attention_heads": shapes[f"{first}.self_attn.q_proj.weight"][0] // head,
        "num_key_value_heads": shapes[f"{first}.self_attn.k_proj.weight"][0] // head,
        "head_dim": head,
        "max_position_embeddings": _LONGEST,
        "rms_norm_eps": _EPSILON,
        "rope_theta": _ROPE_THETA,
    }


def count_layers(shapes: Shapes) -> int:
    """Of a Qwen3 whose tensors have these shapes."""
    return count_numbers(shapes, r"model\.layers\.(\d+)\.") or count_numbers(shapes, r"layers\.(\d+)\.")


def load_qwen(
    config: Mapping[str, Any], stored: StoredTensors, layers: int, dtype: torch.dtype, arrived: Arrived | None = None
) -> Any:
    """transformers' Qwen3Model with its first `layers` alone."""
    from transformers import Qwen3Config, Qwen3Model

    # The kinds of the layers are listed one by one in newer configs.
    settings: Any = {key: value for key, value in config.items() if key != "layer_types"}
    settings["num_hidden_layers"] = layers
    settings["attn_implementation"] = "sdpa"
    kind: Any = Qwen3Model

    def place(name: str) -> Place:
        return Place(_ROOT + name if _ROOT + name in stored.shapes else name)

    return filled(lambda: kind(Qwen3Config(**settings)), stored, place, dtype, "Qwen3 text encoder", arrived)
