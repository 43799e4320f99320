"""A loaded FLUX.1: how its transformer is asked, which of its layers learn, and what they are called in files."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
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
from .describe import TEXT_FOLDER
from .keys import FluxKeys
from .packing import packed, positions, unpacked
from .parts import FluxFiles, FluxFolder
from .targets import target_names
from .text import LENGTH

_DEV_MU = 1.15
"""The host draws dev at this shift whatever the picture's size."""
_POSITION_AXES = 3


class Flux1(FlowFamily):
    """FLUX.1 with guidance embedded (dev) or without (schnell, and what was never distilled)."""

    levels = Levels(sampling="sigmoid", shift=exp(_DEV_MU))

    def __init__(self, spec: FamilySpec, base: Base, residence: Residence, options: FamilyOptions) -> None:
        tokens = options.flow.text_tokens
        is_folder = FOLDER in base.files
        text = base.files.get(TEXT_FOLDER)
        parts = FluxFolder(base.path, tokens, text=text) if is_folder else FluxFiles(base.files, tokens)
        super().__init__(spec, base, residence, options, parts)
        self.text_key = f"{tokens} tokens" if tokens else ""
        is_dev = spec.guidance == "embedded"
        self.schedule = Schedule(shift=exp(_DEV_MU), count=10_000) if is_dev else Schedule(shift=1.0)
        self._keys = FluxKeys(lambda: self._places.outlined)

    @property
    def keys(self) -> FluxKeys:
        return self._keys

    def lora_targets(self, targets: str) -> list[str]:
        """Addresses of the transformer's layers that a LoRA wraps."""
        return [f"{self.spec.denoiser}.{name}" for name in target_names(self._places.linears(), targets)]

    def metadata(self) -> Mapping[str, str]:
        """kohya's words for how σ is drawn and what stands beside the caption, and for the family."""
        flow = self._options.flow
        said = {
            "ss_timestep_sampling": flow.sampling or self.levels.sampling,
            "ss_sigmoid_scale": f"{flow.sigmoid_scale:g}",
            "ss_discrete_flow_shift": f"{flow.shift or self.levels.shift:g}",
            "ss_model_prediction_type": "raw",
            "ss_apply_t5_attn_mask": "False",
        }
        told = self._guidance(None)
        return {**said, **({} if told is None else {"ss_guidance_scale": f"{told:g}"}), **self.spec.metadata}

    def blank_condition(self) -> Condition:
        outline: Any = self._places.outlined
        sizes = outline.config
        words = self._options.flow.text_tokens or LENGTH
        context = torch.empty(words, sizes.joint_attention_dim, device="meta", dtype=self.dtype)
        pooled = torch.empty(sizes.pooled_projection_dim, device="meta", dtype=self.dtype)
        return Condition({"context": context, "pooled": pooled})

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
        return asked_by_length(conditions, lambda rows, told: self._ask(noisy[rows], times[rows], told, guidance))

    def _ask(self, noisy: Tensor, time: Tensor, conditions: Sequence[Condition], guidance: float | None) -> Tensor:
        move = partial(moved, device=self.device, dtype=self.dtype)
        height, width = noisy.shape[2:]
        context = move(stacked(conditions, "context"))
        exact = moved(time, self.device, torch.float32)
        told = self._guidance(guidance)
        scale = None if told is None else torch.full_like(exact, told)
        with _exact_time(self.denoiser, exact, scale):
            tokens = self.denoiser(
                hidden_states=packed(move(noisy)),
                timestep=exact,
                guidance=scale,
                pooled_projections=move(stacked(conditions, "pooled")),
                encoder_hidden_states=context,
                txt_ids=torch.zeros(context.shape[1], _POSITION_AXES, device=self.device),
                img_ids=moved(positions(height, width), self.device),
                return_dict=False,
            )[0]
        return unpacked(tokens, height, width)

    def _guidance(self, drawn: float | None) -> float | None:
        """What the transformer is told: None where it was not distilled to hear it."""
        if self.spec.guidance != "embedded":
            return None
        flow = self._options.flow
        return drawn if drawn is not None else flow.contrastive or flow.guidance


@contextmanager
def _exact_time(transformer: Any, time: Tensor, guidance: Tensor | None) -> Generator[None]:
    """diffusers rounds σ to the model's precision before it makes waves of it, bf16 to a 256th; the host does not."""
    told = (time * 1000, *(() if guidance is None else (guidance * 1000,)))

    def exactly(module: torch.nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (*told, inputs[-1])

    handle = transformer.time_text_embed.register_forward_pre_hook(exactly)
    try:
        yield
    finally:
        handle.remove()
