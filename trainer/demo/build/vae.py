"""Trains the demo base's autoencoder: 128 px pictures to 16x16x4 latents and back."""

# torch, diffusers and onnx leave these types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .world import World, feature_weights

_KL = 1e-6
_FEATURE_WEIGHT = 2.5


@dataclass(frozen=True, kw_only=True)
class Round:
    """Crops of 64 px first (four times cheaper), whole pictures last (they fix large areas of colour), one lr curve."""

    crop_steps: int
    full_steps: int
    lr: float


def train_vae(world: World, vae: Any, seed: int, plan: Round, say: Callable[[str], None]) -> Any:
    """Train `vae` in place for one round and give the averaged weights.

    Loss: L1, L1 of the 4x4-pooled picture (keeps colours true), eyes and mouth weighted, KL 1e-6.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    average = copy.deepcopy(vae)
    weights = feature_weights(world, 1, _FEATURE_WEIGHT)
    total = plan.crop_steps + plan.full_steps
    optimizer = torch.optim.AdamW(vae.parameters(), lr=plan.lr, betas=(0.9, 0.99), weight_decay=1e-4)
    started, history = time.monotonic(), list[float]()
    for step in range(total):
        for group in optimizer.param_groups:
            group["lr"] = plan.lr * _schedule(step, total)
        size, batch = (64, 16) if step < plan.crop_steps else (128, 8)
        pixels, weight = _batch(world, weights, rng, size, batch)
        posterior = vae.encode(pixels).latent_dist
        decoded = vae.decode(posterior.sample()).sample
        loss, l1 = _loss(decoded, pixels, weight, posterior.kl())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        history.append(l1)
        _follow(average, vae, min(0.999, (step + 1) / (step + 10)))
        if (step + 1) % 100 == 0:
            say(f"vae step {step + 1}/{total} l1 {np.mean(history[-100:]):.4f} {time.monotonic() - started:.0f} s")
    return average.eval()


def _schedule(step: int, total: int) -> float:
    warm = min(1.0, (step + 1) / 100)
    return warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / total)))


def _batch(world: World, weights: np.ndarray, rng: np.random.Generator, size: int, batch: int) -> tuple[Tensor, Tensor]:
    pictures, masks = list[np.ndarray](), list[np.ndarray]()
    for index in rng.integers(len(world), size=batch):
        top, left = rng.integers(0, 128 - size + 1, size=2)
        flip = slice(None, None, -1 if rng.random() < 0.5 else 1)
        window = (slice(top, top + size), slice(left, left + size))
        pictures.append(world.pixels[index][window][:, flip])
        masks.append(weights[index][window][:, flip])
    pixels = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1
    return pixels.contiguous(), torch.from_numpy(np.stack(masks))[:, None]


def _loss(decoded: Tensor, pixels: Tensor, weight: Tensor, kl: Tensor) -> tuple[Tensor, float]:
    error = (decoded - pixels).abs()
    pooled = (F.avg_pool2d(decoded, 4) - F.avg_pool2d(pixels, 4)).abs().mean()
    squared = ((decoded - pixels).square() * weight).mean()
    loss = (error * weight).mean() + pooled + squared + _KL * kl.mean()
    return loss, float(error.detach().mean())


@torch.no_grad()
def _follow(average: torch.nn.Module, model: torch.nn.Module, decay: float) -> None:
    for kept, new in zip(average.parameters(), model.parameters(), strict=True):
        kept.lerp_(new, 1 - decay)
