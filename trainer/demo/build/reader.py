"""Trains the demo reader: identity and attributes of a face, and where faces are, on people the base never saw."""

# torch, diffusers and onnx leave these types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..world.look import VALUES
from .networks import ATTRIBUTE_SIZES, DetectorNet, ReaderNet
from .world import World

_BATCH = 48


@torch.no_grad()
def softened(world: World, vae: Any) -> np.ndarray:
    """The pictures through the base's autoencoder: the softness of sampled pictures must not read as another person."""
    out: list[np.ndarray] = []
    for start in range(0, len(world), 16):
        pixels = torch.from_numpy(world.pixels[start : start + 16]).permute(0, 3, 1, 2).float() / 127.5 - 1
        decoded = vae.decode(vae.encode(pixels).latent_dist.sample()).sample
        out.append(((decoded.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).numpy())
    return np.concatenate(out)


def train_reader(world: World, soft: np.ndarray, seed: int, steps: int, say: Callable[[str], None]) -> ReaderNet:
    """`soft` are the first pictures of `world` again, as the autoencoder gives them back."""
    torch.manual_seed(seed)
    net = ReaderNet()
    pixels = np.concatenate([world.pixels, soft])
    order = np.concatenate([np.arange(len(world)), np.arange(len(soft))])
    people = torch.from_numpy(np.stack([person.vector() for person in world.people]))
    labels = torch.tensor([[VALUES[slot].index(getattr(look, slot)) for slot in VALUES] for look in world.looks])
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.02)
    started = time.monotonic()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * step / steps)))
        picked = np.random.default_rng([seed, step]).integers(len(pixels), size=_BATCH)
        batch = _disturbed(torch.from_numpy(pixels[picked]).permute(0, 3, 1, 2).float() / 255)
        vectors, logits = net(batch)
        likeness = F.cosine_similarity(vectors, people[order[picked]])
        chunks = logits.split(list(ATTRIBUTE_SIZES.values()), 1)
        reading = sum(F.cross_entropy(chunk, labels[order[picked], n]) for n, chunk in enumerate(chunks))
        loss = 4 * (1 - likeness).mean() + 0.4 * torch.as_tensor(reading)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if (step + 1) % 200 == 0:
            say(
                f"reader step {step + 1}/{steps} likeness {float(likeness.detach().mean()):.3f} "
                f"loss {float(loss.detach()):.3f} {time.monotonic() - started:.0f} s"
            )
    return net.eval()


def _disturbed(pixels: Tensor) -> Tensor:
    """Shifts, zoom, light and noise, one draw a picture."""
    n = len(pixels)
    zoom = 1 + (torch.rand(n) - 0.5) * 0.16
    shift = (torch.rand(n, 2) - 0.5) * 0.1
    grid = torch.zeros(n, 2, 3)
    grid[:, 0, 0] = grid[:, 1, 1] = zoom
    grid[:, :, 2] = shift
    moved = F.grid_sample(
        pixels, F.affine_grid(grid, list(pixels.shape), False), padding_mode="border", align_corners=False
    )
    light = 1 + (torch.rand(n, 1, 1, 1) - 0.5) * 0.2
    dark = (torch.rand(n, 1, 1, 1) - 0.5) * 0.12
    return (moved * light + dark + torch.randn_like(moved) * 0.02).clamp(0, 1)


def train_detector(
    world: World, sceneries: np.ndarray, seed: int, steps: int, say: Callable[[str], None]
) -> DetectorNet:
    """Faces of 18 to 100 px pasted on empty sceneries (n, 128, 128, 3), none to three a page."""
    torch.manual_seed(seed)
    net = DetectorNet()
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.01)
    started = time.monotonic()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * step / steps)))
        pages, targets = _pages(world, sceneries, np.random.default_rng([seed, step]))
        guess = net(pages)
        found, here = targets[:, 0], targets[:, 0] > 0.5
        hit = F.binary_cross_entropy_with_logits(guess[:, 0], found, pos_weight=torch.tensor(8.0))
        near = guess.permute(0, 2, 3, 1)[here][:, 1:], targets.permute(0, 2, 3, 1)[here][:, 1:]
        place = F.smooth_l1_loss(*near) if here.any() else guess.sum() * 0
        loss = hit + 2 * place
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if (step + 1) % 200 == 0:
            say(
                f"detector step {step + 1}/{steps} hit {float(hit.detach()):.4f} "
                f"place {float(place.detach()):.4f} {time.monotonic() - started:.0f} s"
            )
    return net.eval()


def _pages(world: World, sceneries: np.ndarray, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    from PIL import Image

    pages, targets = list[np.ndarray](), list[np.ndarray]()
    for _ in range(32):
        page = Image.fromarray(sceneries[rng.integers(len(sceneries))])
        target = np.zeros((DetectorNet.VALUES, 16, 16), np.float32)
        count = int(rng.choice([0, 1, 1, 1, 2, 3]))
        sides = (
            [128]
            if count == 1 and rng.random() < 0.5
            else [int(rng.integers(28, 130 // max(count, 1) + 20)) for _ in range(count)]
        )
        taken: list[tuple[float, float, float]] = []
        for side in sides:
            reach = max(1, 129 - side)
            left, top = int(rng.integers(-side // 10 if side < 128 else 0, reach)), int(rng.integers(0, reach))
            centre = (left + side / 2, top + side / 2, float(side))
            if any(math.dist(centre[:2], other[:2]) < (side + other[2]) * 0.42 for other in taken):
                continue
            taken.append(centre)
            index = int(rng.integers(len(world)))
            page.paste(
                Image.fromarray(world.pixels[index]).resize((side, side), Image.Resampling.BILINEAR), (left, top)
            )
            _mark(
                target,
                world.boxes[index] * side / 128 + [left, top] * 2,
                world.points[index] * side / 128 + [left, top],
            )
        pages.append(np.asarray(page))
        targets.append(target)
    pixels = torch.from_numpy(np.stack(pages)).permute(0, 3, 1, 2).float() / 255
    light = 1 + (torch.rand(len(pixels), 1, 1, 1) - 0.5) * 0.3
    return (pixels * light + torch.randn_like(pixels) * 0.02).clamp(0, 1), torch.from_numpy(np.stack(targets))


def _mark(target: np.ndarray, box: np.ndarray, points: np.ndarray) -> None:
    """Write a face into the map's cells around its centre; lengths in units of 16 px, sizes as logarithms."""
    left, top, right, bottom = box
    cx, cy, width, height = (left + right) / 2, (top + bottom) / 2, right - left, bottom - top
    for row in range(16):
        for column in range(16):
            dx, dy = cx - (column * 8 + 4), cy - (row * 8 + 4)
            if abs(dx) > max(4.0, width * 0.12) or abs(dy) > max(4.0, height * 0.12):
                continue
            near = (points - [column * 8 + 4, row * 8 + 4]) / 16
            target[:, row, column] = [1, dx / 16, dy / 16, math.log(width / 32), math.log(height / 32), *near.flatten()]
