"""A loaded Z-Image: how its transformer is asked, which of its layers learn, and what they are called in files."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ...recipe.buckets import Placement
from ...runtime.reading import moved
from ..base import FOLDER, Base
from ..condition import Condition
from ..flow.family import FlowFamily
from ..flow.levels import Levels
from ..flow.steps import Schedule
from ..options import FamilyOptions
from ..residence import Residence
from ..spec import FamilySpec
from .keys import ZImageKeys
from .parts import ZImageFiles, ZImageFolder
from .targets import target_names
from .text import LENGTH

_PATCH = 2


class ZImage(FlowFamily):
    """Z-Image, distilled or not.

    The transformer's time goes from 0 (noise) to 1 (the picture), and what it answers is picture - noise.
    """

    levels = Levels(sampling="weighted", shift=2.0)
    schedule = Schedule(shift=3.0)

    def __init__(self, spec: FamilySpec, base: Base, residence: Residence, options: FamilyOptions) -> None:
        tokens = options.flow.text_tokens
        parts = ZImageFolder(base.path, tokens) if FOLDER in base.files else ZImageFiles(base.files, tokens)
        super().__init__(spec, base, residence, options, parts)
        self.text_key = f"{tokens} tokens" if tokens else ""
        self._keys = ZImageKeys(lambda: self._places.outlined)

    @property
    def keys(self) -> ZImageKeys:
        return self._keys

    def lora_targets(self, targets: str) -> list[str]:
        """Addresses of the transformer's layers that a LoRA wraps."""
        return [f"{self.spec.denoiser}.{name}" for name in target_names(self._places.linears(), targets)]

    def metadata(self) -> Mapping[str, str]:
        """kohya's words for how σ is drawn, and for the family."""
        flow = self._options.flow
        said = {
            "ss_timestep_sampling": flow.sampling or self.levels.sampling,
            "ss_sigmoid_scale": f"{flow.sigmoid_scale:g}",
            "ss_discrete_flow_shift": f"{flow.shift or self.levels.shift:g}",
            "ss_model_prediction_type": "raw",
        }
        return {**said, **self.spec.metadata}

    def blank_condition(self) -> Condition:
        outline: Any = self._places.outlined
        words = self._options.flow.text_tokens or LENGTH
        return Condition({"context": torch.empty(words, outline.config.cap_feat_dim, device="meta", dtype=self.dtype)})

    def predict(
        self,
        noisy: Tensor,
        time: Tensor,
        conditions: Sequence[Condition],
        placements: Sequence[Placement],
        guidance: float | None = None,
    ) -> Tensor:
        """The flow at each σ, (n, c, h, w). Captions keep their lengths: the transformer fills them up itself."""
        height, width = noisy.shape[2:]
        # ComfyUI takes what an odd side lacks from the other end.
        move = partial(moved, device=self.device, dtype=self.dtype)
        even = move(F.pad(noisy, (0, width % _PATCH, 0, height % _PATCH), mode="circular"))
        times = moved(time, self.device, torch.float32).expand(len(noisy))
        context = [move(condition["context"]) for condition in conditions]
        answers: list[Tensor] = self.denoiser(list(even.unsqueeze(2).unbind(0)), 1 - times, context, return_dict=False)[
            0
        ]
        return -torch.stack(answers).squeeze(2)[..., :height, :width]
