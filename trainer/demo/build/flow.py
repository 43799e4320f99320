"""Trains the flow demo base's transformer, FLUX.1 in small, under the demo base's own two text encoders."""

# torch and diffusers leave these types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ...families.flux.packing import packed, positions
from .. import sizes
from .base import Lessons, text_condition
from .course import Course, run_course

Encoders = Callable[[Tensor], tuple[Tensor, Tensor]]
"""Token ids (n, k) to context (n, k, 128) and pooled text (n, 64)."""

BATCH = 16
_EMPTY_SHARE = 0.1
_SPREAD, _LEAN = 1.25, 0.2
_FULL_SHARE, _FULL_FROM = 0.3, 0.85


def frozen_encoders(base: Path) -> Encoders:
    """The text encoders of a demo base in the diffusers layout."""
    from transformers import CLIPTextModel, CLIPTextModelWithProjection

    first = CLIPTextModel.from_pretrained(base / "text_encoder", dtype=torch.float32).eval()
    second = CLIPTextModelWithProjection.from_pretrained(base / "text_encoder_2", dtype=torch.float32).eval()
    return lambda ids: text_condition(first, second, ids)


def new_transformer() -> Any:
    """FluxTransformer2DModel of the demo's sizes; at first every block adds nothing (Peebles and Xie 2022, DiT)."""
    from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel

    model: Any = FluxTransformer2DModel(**sizes.FLUX)
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)
            if "norm" in name or name == "proj_out":
                nn.init.zeros_(module.weight)
    return model


def train_flow(
    lessons: Lessons, encoders: Encoders, seed: int, course: Course, kept: Path, say: Callable[[str], None]
) -> Any:
    """Train a new transformer on latents as the transformer knows them; gives the averaged weights."""
    torch.manual_seed(seed)
    model = new_transformer()
    optimizer = torch.optim.AdamW(model.parameters(), lr=course.lr, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
    full_from = int(course.steps * _FULL_FROM)
    return run_course(
        model, optimizer, lambda step: _loss(model, lessons, encoders, step >= full_from), course, kept, say
    )


def _loss(model: Any, lessons: Lessons, encoders: Encoders, full: bool) -> Tensor:
    picked = torch.randint(len(lessons.latents), (BATCH,))
    latents = lessons.latents[picked].float()
    ids = lessons.ids[picked, torch.randint(lessons.ids.shape[1], (BATCH,))].long()
    end = int(ids.max())
    ids[torch.rand(BATCH) < _EMPTY_SHARE, 1:] = end
    if not full and torch.rand(()) >= _FULL_SHARE:
        ids = ids[:, : int((ids == end).int().argmax(1).max()) + 1]
    with torch.no_grad():
        context, pooled = encoders(ids)
    noise = torch.randn_like(latents)
    time = torch.sigmoid(_SPREAD * torch.randn(BATCH) + _LEAN)
    share = time[:, None, None, None]
    guess = model(
        hidden_states=packed((1 - share) * latents + share * noise),
        encoder_hidden_states=context,
        pooled_projections=pooled,
        timestep=time,
        img_ids=positions(*latents.shape[2:]),
        txt_ids=torch.zeros(ids.shape[1], 3),
    ).sample
    weight = packed(lessons.weights[picked].expand_as(latents))
    return ((guess - packed(noise - latents)).square() * weight).mean()
