"""Trains the demo base's UNet and both text encoders on latents of drawn people."""

# torch, diffusers and onnx leave these types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .. import sizes
from ..world.captions import made_up_name, varied_caption
from ..world.identity import Identity
from .course import Course, run_course
from .tokenizer import build_tokenizer
from .world import World, feature_weights

BATCH = 32
_CAPTIONS_EACH = 4
_ENCODED = 4
_EMPTY_SHARE = 0.08
_FEATURE_WEIGHT = 3.0
_MIN_SNR_GAMMA = 5.0


class TextToNoise(nn.Module):
    """UNet and both text encoders as one module, so that one optimizer and one average follow them."""

    def __init__(self) -> None:
        from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
        from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

        super().__init__()
        tokenizer = build_tokenizer()
        ids: dict[str, Any] = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
        config: Any = CLIPTextConfig(
            **sizes.TEXT, **ids, vocab_size=len(tokenizer), pad_token_id=tokenizer.pad_token_id
        )
        self.unet = UNet2DConditionModel(**sizes.UNET)
        self.text_1 = CLIPTextModel(config)
        self.text_2 = CLIPTextModelWithProjection(config)

    def condition(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        return text_condition(self.text_1, self.text_2, ids)

    def forward(self, noisy: Tensor, times: Tensor, ids: Tensor, keep: Tensor, size: Tensor) -> Tensor:
        context, pooled = self.condition(ids)
        added = {"text_embeds": pooled * keep[:, None], "time_ids": size}
        return self.unet(noisy, times, context * keep[:, None, None], added_cond_kwargs=added).sample


def text_condition(text_1: Any, text_2: Any, ids: Tensor) -> tuple[Tensor, Tensor]:
    """Context (n, k, 128) and pooled text (n, 64), from hidden layer -2 of both encoders as SDXL does."""
    first = text_1(ids, output_hidden_states=True)
    second = text_2(ids, output_hidden_states=True)
    return torch.cat([first.hidden_states[-2], second.hidden_states[-2]], dim=-1), second.text_embeds


@dataclass(frozen=True)
class Lessons:
    """What the base learns from: latents (n, c, 16, 16), loss weights (n, 1, 16, 16), token ids (n, k, 77)."""

    latents: Tensor
    weights: Tensor
    ids: Tensor

    def save(self, path: Path) -> None:
        torch.save((self.latents, self.weights, self.ids), path)

    @classmethod
    def load(cls, path: Path) -> "Lessons":
        return cls(*torch.load(path, weights_only=True))


@torch.no_grad()
def encode_lessons(known: World, strangers: World, vae: Any, seed: int) -> Lessons:
    """Encode every picture, in the autoencoder's own terms, and spell captions of it.

    The people of `known` have a name each, used in all their captions.
    """
    rng = np.random.default_rng(seed)
    names = _names(known, rng)
    ids = [*_spelled(known, names, rng), *_spelled(strangers, {}, rng)]
    latents = torch.cat([encoded(known, vae), encoded(strangers, vae)])
    weights = np.concatenate([feature_weights(world, 8, _FEATURE_WEIGHT) for world in (known, strangers)])
    return Lessons(latents, torch.from_numpy(weights)[:, None], torch.tensor(ids, dtype=torch.int16))


def _names(world: World, rng: np.random.Generator) -> dict[Identity, str]:
    names: dict[str, None] = {}
    people = list(dict.fromkeys(world.people))
    while len(names) < len(people):
        names[made_up_name(rng)] = None
    return dict(zip(people, names, strict=True))


def _spelled(world: World, names: dict[Identity, str], rng: np.random.Generator) -> Iterator[Any]:
    tokenizer: Any = build_tokenizer()
    for person, look in zip(world.people, world.looks, strict=True):
        texts = [varied_caption(person, look, rng, names.get(person)) for _ in range(_CAPTIONS_EACH)]
        yield tokenizer(texts, padding="max_length", truncation=True, max_length=sizes.TOKENS).input_ids


@torch.no_grad()
def encoded(world: World, vae: Any) -> Tensor:
    """Means of every picture's latents, (n, c, 16, 16), in the autoencoder's own terms."""
    latents: list[Tensor] = []
    for start in range(0, len(world), _ENCODED):
        pixels = torch.from_numpy(world.pixels[start : start + _ENCODED]).permute(0, 3, 1, 2).float() / 127.5 - 1
        latents.append(vae.encode(pixels).latent_dist.mean)
    return torch.cat(latents)


def train_base(lessons: Lessons, seed: int, course: Course, kept: Path, say: Callable[[str], None]) -> TextToNoise:
    """Train a new model on latents of unit variance; gives the averaged weights. Min-SNR weights (gamma 5)."""
    torch.manual_seed(seed)
    model = TextToNoise()
    optimizer = torch.optim.AdamW(model.parameters(), lr=course.lr, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
    return run_course(model, optimizer, lambda _: _loss(model, lessons), course, kept, say)


def _loss(model: TextToNoise, lessons: Lessons) -> Tensor:
    picked = torch.randint(len(lessons.latents), (BATCH,))
    ids = lessons.ids[picked, torch.randint(lessons.ids.shape[1], (BATCH,))].long()
    empty = torch.rand(BATCH) < _EMPTY_SHARE
    keep = (~(empty & (torch.rand(BATCH) < 0.5))).float()
    ids[empty, 1:] = int(ids.max())
    return denoising_loss(
        lambda noisy, times: model(noisy, times, ids, keep, told_sizes(BATCH)),
        lessons.latents[picked],
        lessons.weights[picked],
    )


def denoising_loss(predict: Callable[[Tensor, Tensor], Tensor], latents: Tensor, weights: Tensor) -> Tensor:
    """Mean weighted error of the noise that `predict` sees in noised latents at timesteps, which are drawn here."""
    times = torch.randint(0, 1000, (len(latents),))
    noise = torch.randn_like(latents)
    alpha = _signal()[times][:, None, None, None]
    guess = predict(alpha.sqrt() * latents + (1 - alpha).sqrt() * noise, times)
    snr = alpha / (1 - alpha)
    weight = torch.clamp(snr, max=_MIN_SNR_GAMMA) / snr * weights
    return ((guess - noise).square() * weight).mean()


@lru_cache(1)
def _signal() -> Tensor:
    """The picture's share of the variance by timestep."""
    start, end = sizes.SCHEDULER["beta_start"] ** 0.5, sizes.SCHEDULER["beta_end"] ** 0.5
    return torch.cumprod(1 - torch.linspace(start, end, 1000) ** 2, 0)


def told_sizes(batch: int) -> Tensor:
    """SDXL size conditioning, mostly the truth, else anything: callers' habits (768, 1024, crops) must do no harm."""
    told = torch.tensor([[128.0, 128, 0, 0, 128, 128]]).repeat(batch, 1)
    anything = torch.rand(batch) < 0.5
    side = torch.randint(64, 1537, (batch, 2)).float()
    told[anything, 0:2] = side[anything]
    other_target = anything & (torch.rand(batch) < 0.5)
    told[other_target, 4:6] = side[other_target]
    return told
