"""What only bases that predict flow (FLUX.1, FLUX.2, Z-Image) read of a recipe."""

from dataclasses import dataclass
from math import inf
from typing import Literal

from .choices import is_choice, options

TimeSampling = Literal["", "uniform", "sigmoid", "shift", "flux_shift", "weighted"]


@dataclass(frozen=True, kw_only=True)
class Flow:
    """How noise levels σ are drawn, and what stands beside the caption.

    `sampling`, "" for the family's own: "uniform"; "sigmoid", σ = sigmoid(`sigmoid_scale` · n) with n normal; "shift"
    moves that to kσ / (1 + (k - 1)σ) with k = `shift` (0: the family's own); "flux_shift" takes k = exp(μ), with μ
    straight from 0.5 at 256 packed tokens to 1.15 at 4096; "weighted" is uniform, and each level counts by a bell
    around σ = 0.84, towards noise.

    `guidance` is told to a base that was distilled with it; 1 trains what pictures are, not how they are exaggerated.
    With `contrastive` g above 0 such a base is told g, and the target is moved away from what is predicted without a
    caption, U + g (target - U): the distillation stays.

    `text_tokens` is the length that T5 or Qwen captions are padded to, 0 for what ComfyUI draws with. An assistant
    LoRA (a base's file that undoes its distillation) is merged at `assistant_training` and drawn at
    `assistant_samples`.
    """

    sampling: TimeSampling = ""
    sigmoid_scale: float = 1.0
    shift: float = 0.0
    guidance: float = 1.0
    contrastive: float = 0.0
    text_tokens: int = 0
    assistant_training: float = 1.0
    assistant_samples: float = 0.0


def flow_faults(flow: Flow) -> list[tuple[bool, str]]:
    """Whether each rule is broken, and what to say then."""
    return [
        (
            not is_choice(flow.sampling, TimeSampling),
            f"time sampling is {flow.sampling!r}; use {options(TimeSampling)} ('' is the family's own).",
        ),
        (
            not 0 < flow.sigmoid_scale < inf,
            f"sigmoid_scale is {flow.sigmoid_scale}; use a number above 0, usually 1.",
        ),
        (not 0 <= flow.shift <= 100, f"shift is {flow.shift}; use 0 for the family's own, usually 1 to 6."),
        (not 0 <= flow.guidance <= 100, f"guidance is {flow.guidance}; use 1 to train, 0 to 100."),
        (not 0 <= flow.contrastive <= 100, f"contrastive guidance is {flow.contrastive}; use 0 for none, or 3 to 3.5."),
        (
            flow.text_tokens != 0 and not 64 <= flow.text_tokens <= 1024,
            f"text_tokens is {flow.text_tokens}; use 0 for ComfyUI's own length, or 64 to 1024, usually 512.",
        ),
        (
            not -2 <= flow.assistant_training <= 2 or not -2 <= flow.assistant_samples <= 2,
            f"the assistant's strengths are {flow.assistant_training} and {flow.assistant_samples}; use -2 to 2, "
            "usually 1 in training and 0 in samples.",
        ),
    ]
