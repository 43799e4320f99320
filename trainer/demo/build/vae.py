"""Trains the demo bases' autoencoders: 128 px pictures to 16x16 latents, of 4 channels or of FLUX.1's 16, and back."""

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

from .. import sizes
from .course import follow
from .world import World, feature_weights

_FEATURE_WEIGHT = 2.5
_QUIET, _SURE = 0.25, -6.0
_ENDS = {"encoder": "conv_out.", "decoder": "conv_in."}


@dataclass(frozen=True, kw_only=True)
class Round:
    """Crops of 64 px first (four times cheaper), whole pictures last (they fix large areas of colour), one lr curve."""

    crop_steps: int
    full_steps: int
    lr: float
    kl: float = 1e-6


def train_vae(world: World, vae: Any, seed: int, plan: Round, say: Callable[[str], None]) -> Any:
    """Train what is not frozen of `vae` in place for one round and give the averaged weights.

    Loss: L1, L1 of the 4x4-pooled picture (keeps colours true), eyes and mouth weighted, and KL.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    average = copy.deepcopy(vae)
    weights = feature_weights(world, 1, _FEATURE_WEIGHT)
    total = plan.crop_steps + plan.full_steps
    learning = [weight for weight in vae.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(learning, lr=plan.lr, betas=(0.9, 0.99), weight_decay=1e-4)
    started, history = time.monotonic(), list[float]()
    for step in range(total):
        for group in optimizer.param_groups:
            group["lr"] = plan.lr * _schedule(step, total)
        size, batch = (64, 16) if step < plan.crop_steps else (128, 8)
        pixels, weight = _batch(world, weights, rng, size, batch)
        posterior = vae.encode(pixels).latent_dist
        decoded = vae.decode(posterior.sample()).sample
        loss, l1 = _loss(decoded, pixels, weight, plan.kl * posterior.kl())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        history.append(l1)
        follow(average, vae, min(0.999, (step + 1) / (step + 10)))
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
    loss = (error * weight).mean() + pooled + squared + kl.mean()
    return loss, float(error.detach().mean())


@torch.no_grad()
def widened(narrow: Any, pixels: Tensor) -> Any:
    """A FLUX.1 autoencoder of the same trunk: its first channels are those of `narrow`, an SDXL one, and the others
    what most varies in the trunk's last features of `pixels` (n, 3, h, w) besides. Its decoder does not hear those yet.

    FLUX.1's has no quant_conv; the 1x1 convolutions are folded into their neighbours, which is exact but at the border.
    """
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

    kept = {key: value for key, value in narrow.config.items() if not key.startswith("_")}
    wide: Any = AutoencoderKL(**{**kept, **sizes.FLOW_LATENTS})
    old, new = narrow.config.latent_channels, wide.config.latent_channels
    for name, end in _ENDS.items():
        inner = {key: value for key, value in getattr(narrow, name).state_dict().items() if not key.startswith(end)}
        getattr(wide, name).load_state_dict(inner, strict=False)
    quant, out, wide_out = narrow.quant_conv, narrow.encoder.conv_out, wide.encoder.conv_out
    weight = torch.einsum("oi,ichw->ochw", quant.weight[:, :, 0, 0], out.weight)
    bias = quant.weight[:, :, 0, 0] @ out.bias + quant.bias
    more = _further_channels(narrow.encoder, pixels, weight[:old], new - old)
    wide_out.weight.copy_(torch.cat([weight[:old], more, weight[old:], torch.zeros_like(more)]))
    wide_out.bias.copy_(torch.cat([bias[:old], torch.zeros(new - old), bias[old:], torch.full((new - old,), _SURE)]))
    after, first = narrow.post_quant_conv, narrow.decoder.conv_in
    wide.decoder.conv_in.weight.zero_()
    wide.decoder.conv_in.weight[:, :old] = torch.einsum("ochw,ci->oihw", first.weight, after.weight[:, :, 0, 0])
    wide.decoder.conv_in.bias.copy_(first.bias + torch.einsum("ochw,c->o", first.weight, after.bias))
    return wide


def _further_channels(encoder: Any, pixels: Tensor, known: Tensor, count: int) -> Tensor:
    """Kernels (count, c, 3, 3) over the encoder's last features: their principal directions, less what the kernels
    `known` tell of them already, a quarter as strong as those."""
    seen: list[Tensor] = []

    def keep(_: Any, __: Any, features: Tensor) -> None:
        seen.append(features)

    handle = encoder.conv_act.register_forward_hook(keep)
    for start in range(0, len(pixels), 4):
        encoder(pixels[start : start + 4])
    handle.remove()
    features = torch.cat(seen)
    told = _columns(F.conv2d(features, known, padding=1))
    flat = _columns(features)
    explained = torch.linalg.lstsq(told, flat).solution
    rest = flat - told @ explained
    directions = torch.linalg.eigh(rest.T @ rest).eigenvectors[:, -count:]
    kernels = -torch.einsum("jchw,jk->kchw", known, explained @ directions)
    kernels[:, :, 1, 1] += directions.T
    spread = (rest @ directions).std(dim=0)
    return kernels * (_QUIET * told.std() / spread)[:, None, None, None]


def _columns(maps: Tensor) -> Tensor:
    """Maps (n, c, h, w) as centred rows, (n * h * w, c)."""
    rows = maps.permute(0, 2, 3, 1).flatten(0, 2)
    return rows - rows.mean(dim=0)


@torch.no_grad()
def fitted(vae: Any, latents: Tensor) -> Any:
    """`vae` with its outermost weights rescaled to its config's scale and shift.

    `latents` (n, c, h, w) are means as it encodes now. Each channel's mean becomes the shift, and the deviation of all
    of them from their means 1 / scale.
    """
    channels = latents.shape[1]
    mean = latents.mean(dim=(0, 2, 3))
    factor = 1 / (vae.config.scaling_factor * (latents - mean[:, None, None]).square().mean().sqrt())
    offset = vae.config.shift_factor - factor * mean
    out, first = vae.encoder.conv_out, vae.decoder.conv_in
    out.weight[:channels] *= factor
    out.bias[:channels] = factor * out.bias[:channels] + offset
    out.bias[channels:] += 2 * factor.log()
    first.weight /= factor
    first.bias -= torch.einsum("ochw,c->o", first.weight, offset)
    return vae
