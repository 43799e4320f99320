"""A loaded FLUX.2 klein: how its transformer is asked, which of its layers learn, and what they are called in files."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from math import exp
from typing import Any

import torch
from torch import Tensor

from ...recipe.buckets import Placement
from ...runtime.reading import moved
from ..base import FOLDER, Base
from ..condition import Condition, stacked
from ..flow.family import FlowFamily
from ..flow.lengths import asked_by_length
from ..flow.levels import Levels
from ..flow.steps import Schedule
from ..options import FamilyOptions
from ..residence import Residence
from ..spec import FamilySpec
from .codec import Flux2Codec
from .keys import Flux2Keys
from .packing import packed, picture_ids, unpacked, word_ids
from .parts import Flux2Files, Flux2Folder
from .targets import target_names
from .text import LENGTH

_MU = 2.02
"""The host draws FLUX.2 at this shift whatever the picture's size."""
_SIZES = {3072: "4b", 4096: "9b"}
"""By the transformer's width."""


class Flux2Klein(FlowFamily):
    """FLUX.2 klein of 4 and 9 billion weights, distilled or not."""

    levels = Levels(sampling="weighted", shift=exp(_MU), patch=1)
    schedule = Schedule(shift=exp(_MU), count=10_000)

    def __init__(self, spec: FamilySpec, base: Base, residence: Residence, options: FamilyOptions) -> None:
        tokens = options.flow.text_tokens
        parts = Flux2Folder(base.path, tokens) if FOLDER in base.files else Flux2Files(base.files, tokens)
        super().__init__(spec, base, residence, options, parts)
        self.codec = Flux2Codec(self._residents)
        self.text_key = f"{tokens} tokens" if tokens else ""
        self._keys = Flux2Keys(lambda: self._places.outlined)

    @property
    def keys(self) -> Flux2Keys:
        return self._keys

    def lora_targets(self, targets: str) -> list[str]:
        """Addresses of the transformer's layers that a LoRA wraps."""
        return [f"{self.spec.denoiser}.{name}" for name in target_names(self._places.linears(), targets)]

    def metadata(self) -> Mapping[str, str]:
        """kohya's words for how σ is drawn, and for the family and its size."""
        flow = self._options.flow
        outlined: Any = self._places.outlined
        config = outlined.config
        size = _SIZES.get(int(config.num_attention_heads) * int(config.attention_head_dim), "")
        said = {
            "ss_timestep_sampling": flow.sampling or self.levels.sampling,
            "ss_sigmoid_scale": f"{flow.sigmoid_scale:g}",
            "ss_discrete_flow_shift": f"{flow.shift or self.levels.shift:g}",
            "ss_model_prediction_type": "raw",
        }
        named = {
            "ss_base_model_version": f"flux2_klein_{size}",
            "modelspec.architecture": f"flux-2-klein-{size}/lora",
        }
        return {**said, **self.spec.metadata, **(named if size else {})}

    def blank_condition(self) -> Condition:
        outline: Any = self._places.outlined
        words, wide = self._options.flow.text_tokens or LENGTH, outline.config.joint_attention_dim
        return Condition({"context": torch.empty(words, wide, device="meta", dtype=self.dtype)})

    def predict(
        self,
        noisy: Tensor,
        time: Tensor,
        conditions: Sequence[Condition],
        placements: Sequence[Placement],
        guidance: float | None = None,
    ) -> Tensor:
        """The flow at each σ, (n, c, h, w). Captions of other lengths are asked apart: the transformer has no mask."""
        times = time.expand(len(noisy))
        return asked_by_length(conditions, lambda rows, told: self._ask(noisy[rows], times[rows], told))

    def _ask(self, noisy: Tensor, time: Tensor, conditions: Sequence[Condition]) -> Tensor:
        height, width = noisy.shape[2:]
        context = moved(stacked(conditions, "context"), self.device, self.dtype)
        exact = moved(time, self.device, torch.float32)
        with _exact_time(self.denoiser, exact):
            tokens = self.denoiser(
                hidden_states=packed(moved(noisy, self.device, self.dtype)),
                timestep=exact,
                encoder_hidden_states=context,
                txt_ids=moved(word_ids(context.shape[1]), self.device),
                img_ids=moved(picture_ids(height, width), self.device),
                return_dict=False,
            )[0]
        return unpacked(tokens, height, width)


@contextmanager
def _exact_time(transformer: Any, time: Tensor) -> Generator[None]:
    """diffusers rounds σ to the model's precision before it makes waves of it, bf16 to a 256th; the host does not."""

    def exactly(module: torch.nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (time * 1000,)

    handle = transformer.time_guidance_embed.time_proj.register_forward_pre_hook(exactly)
    try:
        yield
    finally:
        handle.remove()
